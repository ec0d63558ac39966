/**
 * The log of one run, as it is written: followed until a person scrolls away. Which kind of log it is stands above it in
 * words, because one that is away, one that is gone and one that was never written look the same.
 */
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { ItemAnswer, ItemDetail } from '../../../../shared/operations/index.ts';
import { findInLog } from '../../model/log-buffer.ts';
import { Empty, Failure, Loading } from '../../ui/pieces.tsx';
import { LogBar } from './log-bar.tsx';
import { LogLines } from './log-lines.tsx';
import { type ReadLog, useLog } from './use-log.ts';

interface LogPartProps {
	readonly item: ItemAnswer;
	readonly runs: ItemDetail['runs'];
}

export function LogPart({ item, runs }: LogPartProps) {
	const [run, setRun] = useState<string | null>(null);
	const log = useLog(item, run);
	const [follow, setFollow] = useState(true);
	const [words, setWords] = useState('');
	const [hit, setHit] = useState(0);
	const { lines } = log.buffer;
	const found = useMemo(() => findInLog(lines, words), [lines, words]);
	const at = found.length === 0 ? null : hit % found.length;
	const line = at === null ? null : (found[at] ?? null);
	useEffect(() => {
		if (line !== null) setFollow(false);
	}, [line]);
	if (log.state === 'asking') return <Body>{<Loading what="the log" />}</Body>;
	if (log.state === 'failed' && log.error) return <Body>{<Failure error={log.error} retry={log.lookNow} />}</Body>;
	return (
		<div className="log">
			<LogBar
				{...{ log, runs, run, follow, words }}
				found={{ count: found.length, at }}
				onRun={setRun}
				onWords={(text) => {
					setWords(text);
					setHit(0);
				}}
				onNext={(step) => setHit((at ?? 0) + (step > 0 ? 1 : found.length - 1))}
				onFollow={() => {
					setFollow(!follow);
					if (!follow) log.lookNow();
				}}
			/>
			{lines.length === 0 && log.state !== 'live' && log.state !== 'final' ? (
				<NotHere log={log} />
			) : (
				<LogLines name={item.name} buffer={log.buffer} follow={follow} hit={line} onLeave={() => setFollow(false)} />
			)}
		</div>
	);
}

function NotHere({ log: { state, words, lookNow } }: { readonly log: ReadLog }) {
	if (state === 'away') {
		return (
			<Empty title="This log cannot be read now">
				<p>{words}</p>
				<p>It is read as soon as it can be.</p>
				<button type="button" className="button" onClick={lookNow}>
					Try now
				</button>
			</Empty>
		);
	}
	if (state === 'missing') {
		return (
			<Empty title="This log is gone">
				<p>{words}</p>
				<p>What is known of each try without it stands in the overview and the history.</p>
			</Empty>
		);
	}
	return (
		<Empty title="No log yet">
			<p>Nothing has run for this item. What an agent, the set-up and the gates write is here while they write it.</p>
		</Empty>
	);
}

function Body({ children }: { readonly children: ReactNode }) {
	return <div className="view-body">{children}</div>;
}
