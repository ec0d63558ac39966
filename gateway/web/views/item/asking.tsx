/** What an item's agent asks a person to allow, with both answers and what each leads to. */
import { useState } from 'react';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import { useChange, useMay } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';

export function Asking({ item }: { readonly item: ItemAnswer }) {
	const change = useChange();
	const may = useMay('member');
	const [busy, setBusy] = useState(false);
	if (item.asks === null) return null;
	const answer = async (decision: 'allow' | 'deny'): Promise<void> => {
		setBusy(true);
		await change('item.answer', { project: item.project, item: item.key, decision });
		setBusy(false);
	};
	return (
		<section className="panel stack asking" aria-label="What its agent asks">
			<p className="row">
				<Icon name="eye" />
				<strong>Its agent asks to be allowed this</strong>
			</p>
			<pre className="output">{item.asks}</pre>
			{may && (
				<div className="row wrap">
					<button type="button" className="button primary" disabled={busy} onClick={() => void answer('allow')}>
						<Icon name="check" />
						Allow
					</button>
					<button type="button" className="button" disabled={busy} onClick={() => void answer('deny')}>
						Refuse
					</button>
					<span className="soft small">
						Either way it goes on, and is not asked the same again for this item. The log says who decided.
					</span>
				</div>
			)}
		</section>
	);
}
