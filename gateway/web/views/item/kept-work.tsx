/** Work of an item that is kept on refs, and a way to keep what it has now. */
import { useState } from 'react';
import type { ItemDetail, Result } from '../../../../shared/operations/index.ts';
import { asError, useApp, useMay } from '../../ui/app.ts';
import { Command } from '../../ui/pieces.tsx';

export function KeptWork({ detail }: { readonly detail: ItemDetail }) {
	const { ask, notices } = useApp();
	const may = useMay('member');
	const [kept, setKept] = useState<Result<'item.salvage'>['kept'] | null>(null);
	if (detail.keptRefs.length === 0 && detail.runs.length === 0) return null;
	const salvage = async (keep: boolean): Promise<void> => {
		try {
			const answer = await ask('item.salvage', { project: detail.project, item: detail.key, keep });
			setKept(answer.kept);
			if (answer.made !== null) notices.tell(`kept at ${answer.made}`);
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	if (!may) return null;
	return (
		<section className="stack">
			<div className="row">
				<h2>Kept work</h2>
				<span className="push" />
				<button type="button" className="button tiny" onClick={() => void salvage(false)}>
					Show
				</button>
				<button type="button" className="button tiny" onClick={() => void salvage(true)}>
					Keep what it has now
				</button>
			</div>
			<p className="soft small">
				What is committed or lies in its clone is kept on a ref of its own, which nothing but you removes, and is there
				for a checkout with one command.
			</p>
			{kept?.length === 0 && <p className="soft">Nothing of it is kept apart from its branch.</p>}
			{kept?.map((one) => (
				<div key={one.ref} className="stack" style={{ gap: 4 }}>
					<span className="small soft">{one.subject}</span>
					<Command line={one.command} />
				</div>
			))}
		</section>
	);
}
