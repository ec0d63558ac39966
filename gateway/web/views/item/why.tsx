/** Why an item runs where it runs, or why nobody takes it: every node that was considered, with its reasons. */
import type { ItemDetail } from '../../../../shared/operations/index.ts';
import { knownOf, useAnswer } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';
import { Time } from '../../ui/pieces.tsx';

export function Why({ detail }: { readonly detail: ItemDetail }) {
	const isOpen = ['backlog', 'coding', 'qa', 'mergeFailure'].includes(detail.stage);
	const { project, key } = detail;
	const [asked] = useAnswer('item.why', isOpen ? { project, item: key } : null, detail.changedAt);
	const why = knownOf(asked);
	if (!isOpen || why === null) return null;
	const { placement } = why;
	return (
		<section className="panel stack">
			<h3>Where it runs, and why</h3>
			<p className="soft">{why.answer}</p>
			{placement && (
				<>
					<ul className="plain-list">
						{placement.nodes.map(({ name, takes, reasons }) => (
							<li key={name}>
								<span className="row">
									<Icon name={takes ? 'check' : 'close'} />
									<strong>{name}</strong>
								</span>
								<span className="soft small">{reasons.join('; ')}</span>
							</li>
						))}
					</ul>
					<p className="faint small">
						Decided by the {placement.by}, <Time at={placement.at} />
					</p>
				</>
			)}
		</section>
	);
}
