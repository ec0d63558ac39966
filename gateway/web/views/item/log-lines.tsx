/** The lines of a log, drawn as far as they are seen, and how many earlier ones are not here. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import type { LogBuffer } from '../../model/log-buffer.ts';
import { count } from '../../model/words.ts';
import { LogLineRow } from './log-line.tsx';

const lineHeight = 19;
const columnsMax = 2_000;

interface LogLinesProps {
	/** Of the item. */
	readonly name: string;
	readonly buffer: LogBuffer;
	readonly follow: boolean;
	/** The line that was found. */
	readonly hit: number | null;
	/** A person scrolls away from the end. */
	readonly onLeave: () => void;
}

export function LogLines({ name, buffer: { lines, dropped }, follow, hit, onLeave }: LogLinesProps) {
	const list = useRef<HTMLDivElement>(null);
	const lastTop = useRef(0);
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
	useEffect(() => {
		if (hit !== null) rows.scrollToIndex(hit, { align: 'center' });
	}, [hit, rows]);
	const onScroll = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement): void => {
		const isAtEnd = scrollHeight - scrollTop - clientHeight < lineHeight * 2;
		if (!isAtEnd && follow && scrollTop < lastTop.current) onLeave();
		lastTop.current = scrollTop;
	};
	return (
		<>
			{dropped > 0 && <Dropped name={name} lines={dropped} />}
			<div
				ref={list}
				className="log-lines"
				// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
				tabIndex={0}
				role="log"
				aria-label={`Log of ${name}`}
				aria-live="off"
				data-lines={lines.length}
				onScroll={({ currentTarget }) => onScroll(currentTarget)}
			>
				<div className="log-space" style={{ height: rows.getTotalSize(), width: `calc(${width}ch + 13ch)` }}>
					{rows.getVirtualItems().map(({ index, start }) => {
						const line = lines[index];
						return (
							line && (
								<LogLineRow key={line.seq} line={line} top={start} isHit={index === hit} before={lines[index - 1]} />
							)
						);
					})}
				</div>
				{lines.length === 0 && <p className="soft pad">Nothing was written yet.</p>}
			</div>
		</>
	);
}

function Dropped({ name, lines }: { readonly name: string; readonly lines: number }) {
	return (
		<p className="log-dropped">
			{`${count(lines, 'earlier line')} ${lines === 1 ? 'is' : 'are'} not here: a page reads the last 5,000 of a run and keeps 1 MB. As many in a shell: `}
			<code>{`gangline logs ${name.replace('#', '')} --lines 5000`}</code>
		</p>
	);
}
