/** One line of a log with the colours that its program wrote; everything else in it is text. */
import { AnsiUp } from 'ansi_up';
import { memo, useMemo } from 'react';
import type { LogLine } from '../../../../shared/operations/index.ts';
import { moment } from '../../model/words.ts';

const charactersMax = 2_000;

interface LogLineRowProps {
	readonly line: LogLine;
	readonly top: number;
	readonly isHit: boolean;
	readonly before: LogLine | undefined;
}

export const LogLineRow = memo(({ line, top, isHit, before }: LogLineRowProps) => {
	const html = useMemo(() => coloured(line.text), [line.text]);
	return (
		<div
			className="log-line"
			data-stream={line.stream}
			data-hit={isHit || undefined}
			style={{ transform: `translateY(${top}px)` }}
			title={moment(line.at, { full: true })}
		>
			<span className="log-source">{before?.source === line.source ? '' : line.source}</span>
			{/* biome-ignore lint/security/noDangerouslySetInnerHtml: the library escapes the text and writes only its own spans */}
			<span dangerouslySetInnerHTML={{ __html: html }} />
		</div>
	);
});

function coloured(text: string): string {
	const painter = new AnsiUp();
	painter.use_classes = true;
	painter.escape_html = true;
	painter.url_allowlist = {};
	return painter.ansi_to_html(text.length > charactersMax ? `${text.slice(0, charactersMax)} … (cut)` : text);
}
