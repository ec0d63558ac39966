/** What stands above a log: which kind it is, of which run, what is looked for in it, and whether its end is followed. */
import type { ItemDetail } from '../../../../shared/operations/index.ts';
import type { LogReading } from '../../model/log-reading.ts';
import { moment } from '../../model/words.ts';
import { Icon } from '../../ui/icon.tsx';
import { withKey } from '../../ui/keys.tsx';

interface LogBarProps {
	readonly log: LogReading;
	readonly runs: ItemDetail['runs'];
	/** Null: the newest. */
	readonly run: string | null;
	readonly follow: boolean;
	readonly words: string;
	/** How many lines have the words, and which of them is shown, from 0. */
	readonly found: { readonly count: number; readonly at: number | null };
	readonly onRun: (run: string | null) => void;
	readonly onWords: (words: string) => void;
	readonly onNext: (step: 1 | -1) => void;
	readonly onFollow: () => void;
}

export function LogBar({ log, runs, run, follow, words, found, onRun, onWords, onNext, onFollow }: LogBarProps) {
	return (
		<div className="log-bar">
			<Kind log={log} />
			{runs.length > 1 && (
				<select
					className="input"
					aria-label="Run"
					value={run ?? ''}
					onChange={({ target: { value } }) => onRun(value === '' ? null : value)}
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
					onChange={({ target: { value } }) => onWords(value)}
					onKeyDown={(event) => {
						if (event.key === 'Enter') onNext(event.shiftKey ? -1 : 1);
					}}
				/>
			</div>
			{words.trim() !== '' && (
				<span className="soft small" role="status">
					{found.at === null ? 'not found' : `${found.at + 1} of ${found.count}`}
				</span>
			)}
			<span className="push" />
			<button type="button" className="button tiny" aria-pressed={follow} onClick={onFollow}>
				<Icon name={follow ? 'check' : 'down'} />
				Follow
			</button>
		</div>
	);
}

function Kind({ log: { state, outcome, words } }: { readonly log: LogReading }) {
	switch (state) {
		case 'live':
			return (
				<span className="chip" data-tone="working">
					<Icon name="spin" />
					Live
				</span>
			);
		case 'away':
		case 'missing':
			return (
				<span className="chip" data-tone="needs" title={words ?? undefined}>
					<Icon name="alert" />
					{state === 'away' ? 'Cannot be read now' : 'Gone'}
				</span>
			);
		case 'final':
			return (
				<span className="chip" data-tone="idle">
					<Icon name="check" />
					{outcome === null ? 'Final' : `Final: ${outcome}`}
				</span>
			);
		default:
			return null;
	}
}
