/**
 * The log of one run, as it is written. Bounded, with what was dropped said; followed until a person scrolls away; read
 * again at a pace that falls off when nothing comes, and not at all when nobody looks or the run is over.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ItemAnswer, ItemDetail } from '../../../../shared/operations/index.ts';
import { findInLog } from '../../model/log-buffer.ts';
import { count, moment } from '../../model/words.ts';
import { Icon } from '../../ui/icon.tsx';
import { withKey } from '../../ui/keys.tsx';
import { Empty, Failure, Loading } from '../../ui/pieces.tsx';
import { LogLineRow } from './log-line.tsx';
import { useLog } from './use-log.ts';

const lineHeight = 19;
const columnsMax = 2_000;

export function LogPart({ item, runs }: { readonly item: ItemAnswer; readonly runs: ItemDetail['runs'] }) {
	const [run, setRun] = useState<string | null>(null);
	const log = useLog(item, run);
	const [follow, setFollow] = useState(true);
	const [words, setWords] = useState('');
	const [hit, setHit] = useState(0);
	const list = useRef<HTMLDivElement>(null);
	const { lines } = log.buffer;
	const found = useMemo(() => findInLog(lines, words), [lines, words]);
	const width = useMemo(
		() => lines.reduce((most, { text }) => Math.max(most, Math.min(text.length, columnsMax)), 40),
		[lines],
	);
	const rows = useVirtualizer({
		count: lines.length,
		getScrollElement: () => list.current,
		estimateSize: () => lineHeight,
		overscan: 20,
	});
	useEffect(() => {
		if (follow && lines.length > 0) rows.scrollToIndex(lines.length - 1, { align: 'end' });
	}, [follow, lines, rows]);
	const current = found[hit % Math.max(1, found.length)];
	useEffect(() => {
		if (current === undefined) return;
		setFollow(false);
		rows.scrollToIndex(current, { align: 'center' });
	}, [current, rows]);
	if (log.state === 'asking') return <Body>{<Loading what="the log" />}</Body>;
	if (log.state === 'failed' && log.error) return <Body>{<Failure error={log.error} retry={log.lookNow} />}</Body>;
	if (log.state === 'missing') {
		return (
			<Empty title="No log yet">
				<p>Nothing has run for this item. What an agent, the set-up and the gates write is here while they write it.</p>
			</Empty>
		);
	}
	return (
		<div className="log">
			<div className="log-bar">
				<span className="chip" data-tone={log.state === 'live' ? 'working' : 'idle'}>
					<Icon name={log.state === 'live' ? 'spin' : 'check'} />
					{log.state === 'live' ? 'Live' : `Final${log.outcome === null ? '' : `: ${log.outcome}`}`}
				</span>
				{runs.length > 1 && (
					<select
						className="input"
						aria-label="Run"
						value={run ?? ''}
						onChange={(event) => setRun(event.target.value || null)}
					>
						<option value="">Newest run</option>
						{runs.toReversed().map((one) => (
							<option key={one.run} value={one.run}>
								{`${one.agent ?? one.role}, ${moment(one.startedAt)}`}
							</option>
						))}
					</select>
				)}
				<div className="search">
					<Icon name="search" />
					<input
						type="search"
						className="input"
						placeholder={withKey('Find in the log', '/')}
						aria-label="Find in the log"
						value={words}
						onChange={(event) => {
							setWords(event.target.value);
							setHit(0);
						}}
						onKeyDown={(event) => {
							if (event.key === 'Enter') setHit((n) => n + (event.shiftKey ? found.length - 1 : 1));
						}}
					/>
				</div>
				{words.trim() !== '' && (
					<span className="soft small" role="status">
						{found.length === 0 ? 'not found' : `${(hit % found.length) + 1} of ${found.length}`}
					</span>
				)}
				<span className="push" />
				<button
					type="button"
					className="button tiny"
					aria-pressed={follow}
					onClick={() => {
						setFollow(!follow);
						if (!follow) log.lookNow();
					}}
				>
					<Icon name={follow ? 'check' : 'down'} />
					Follow
				</button>
			</div>
			{log.buffer.dropped > 0 && (
				<p className="log-dropped">
					{`${count(log.buffer.dropped, 'earlier line')} ${log.buffer.dropped === 1 ? 'is' : 'are'} not here: a page keeps at most 1 MB. All of it: `}
					<code>{`gangline logs ${item.name.replace('#', '')} --lines 5000`}</code>
				</p>
			)}
			<div
				ref={list}
				className="log-lines"
				// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
				tabIndex={0}
				role="log"
				aria-label={`Log of ${item.name}`}
				aria-live="off"
				data-lines={lines.length}
				onScroll={({ currentTarget }) => {
					const { scrollHeight, scrollTop, clientHeight } = currentTarget;
					const atEnd = scrollHeight - scrollTop - clientHeight < lineHeight * 2;
					if (!atEnd && follow && scrollTop < lastTop(currentTarget)) setFollow(false);
					currentTarget.dataset.top = String(scrollTop);
				}}
			>
				<div className="log-space" style={{ height: rows.getTotalSize(), width: `calc(${width}ch + 13ch)` }}>
					{rows.getVirtualItems().map(({ index, start }) => {
						const line = lines[index];
						return (
							line && (
								<LogLineRow
									key={line.seq}
									line={line}
									top={start}
									isHit={index === current}
									before={lines[index - 1]}
								/>
							)
						);
					})}
				</div>
				{lines.length === 0 && <p className="soft pad">Nothing was written yet.</p>}
			</div>
		</div>
	);
}

function Body({ children }: { readonly children: React.ReactNode }) {
	return <div className="view-body">{children}</div>;
}

function lastTop(element: HTMLElement): number {
	return Number(element.dataset.top ?? '0');
}
