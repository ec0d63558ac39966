/** Everything that was wanted of an item and what became of it: refusals as plainly as what was done, and who. */
import { useState } from 'react';
import type { HistoryAnswer, ItemDetail } from '../../../../shared/operations/index.ts';
import { eventWords, wayWords, whoWords } from '../../model/history-words.ts';
import { asError, useApp } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';
import { Time } from '../../ui/pieces.tsx';

export function History({ detail }: { readonly detail: ItemDetail }) {
	const { ask, notices } = useApp();
	const [older, setOlder] = useState<readonly HistoryAnswer[]>([]);
	const [more, setMore] = useState(detail.history.length >= 50);
	const entries = [...older, ...detail.history];
	const readOlder = async (): Promise<void> => {
		const before = entries.find(({ revision }) => revision !== null)?.revision;
		try {
			const { project, key } = detail;
			const answer = await ask('item.history', { project, item: key, limit: 100, ...(before != null && { before }) });
			setOlder([...answer.entries, ...older]);
			setMore(answer.more);
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<section className="view-body" tabIndex={0} aria-label="History">
			<ol className="history narrow" reversed>
				{entries.toReversed().map((entry) => (
					<Entry key={`${entry.revision ?? 'pending'} ${entry.at} ${entry.event} ${entry.outcome}`} entry={entry} />
				))}
			</ol>
			{entries.length === 0 && <p className="soft">Nothing has happened to it yet.</p>}
			{more && (
				<button type="button" className="button" onClick={() => void readOlder()}>
					Older entries
				</button>
			)}
		</section>
	);
}

function Entry({ entry }: { readonly entry: HistoryAnswer }) {
	const { event, by, reason, outcome, at } = entry;
	const way = wayWords(entry);
	const refused = outcome.startsWith('refused');
	const tentative = outcome === 'tentative';
	return (
		<li data-outcome={refused ? 'refused' : tentative ? 'tentative' : 'applied'}>
			<Icon name={refused ? 'cross' : tentative ? 'clock' : by === 'user' ? 'person' : 'check'} />
			<div>
				<div className="row wrap">
					<strong>{eventWords(event)}</strong>
					{way !== null && <span className="soft">{way}</span>}
					{refused && (
						<span className="chip" data-tone="failed">
							{outcome.replace(':', ': ')}
						</span>
					)}
					{tentative && <span className="chip">not answered by the home yet</span>}
				</div>
				{reason !== null && <p className="soft">{reason}</p>}
				<p className="faint small">
					{whoWords(entry)} · <Time at={at} exact />
				</p>
			</div>
		</li>
	);
}
