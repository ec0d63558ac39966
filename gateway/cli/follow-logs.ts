/**
 * Output of a run, once or as it comes. Following opens the stream first and reads the past second, so that no line
 * falls between; lines count per run, so that none is printed twice.
 */
import type { Input, ItemAnswer, LogLine, Result } from '../../shared/operations/index.ts';
import { errorKinds } from '../../shared/ports/errors.ts';
import type { Output } from './output.ts';
import { plain, plainLine } from './output.ts';
import type { Session } from './session.ts';

type Asked = Omit<Input<'item.logs'>, 'project'>;

/** `contains`: what was looked for. */
export function logText(session: Session, logs: Result<'item.logs'>, contains?: string): string {
	if (logs.words !== null) return '';
	if (logs.lines.length === 0) {
		return contains === undefined || logs.run === null
			? nothingYet(logs)
			: `no line of run ${logs.run.id} has ${contains}`;
	}
	const dropped =
		logs.dropped === 0 ? [] : [session.out.paint('dim', `… ${logs.dropped} earlier lines: --lines <number>`)];
	return [...dropped, ...logs.lines.map((line) => lineText(session.out, line))].join('\n');
}

function nothingYet({ item }: Result<'item.logs'>): string {
	return item.holder === null
		? `nothing has run for ${item.name} yet`
		: `what works on ${item.name} has written nothing yet`;
}

/**
 * Says what kind of log it is where the lines do not: that more comes with -f, that its worker is away, that it is lost.
 * The answer is the exit code: 6 where asking again may help, 3 where it will not.
 */
export function sayLogState({ out }: Session, { state, words, item }: Result<'item.logs'>): number {
	const asked = item.name.replace('#', '');
	if (state === 'live' && out.forPeople) out.message(`it goes on: gangline logs ${asked} -f`);
	if (words === null) return 0;
	// A home, or a worker's, says it; and a terminal obeys whatever it is shown.
	out.message(plainLine(words));
	out.message(
		state === 'away' ? '→ ask again when it is back' : `→ gangline show ${asked} has what is known of each run`,
	);
	return state === 'away' ? errorKinds.PEER_UNREACHABLE.exit : errorKinds.NOTHING_TO_SHOW.exit;
}

/** Ends with 0 when the item is closed or gone, 130 after Ctrl-C, 6 when the node stops. */
export async function followLogs(session: Session, asked: Asked): Promise<number> {
	const { out, context } = session;
	const { interrupted } = context;
	const node = await session.asked();
	const { id } = await session.project();
	const seen = new Map<string, number>();
	const print = (line: LogLine): void => {
		const isAsked = asked.run === undefined || asked.run === line.run;
		if (!isAsked || line.seq <= (seen.get(line.run) ?? 0)) return;
		seen.set(line.run, line.seq);
		out.line(line, () => lineText(out, line));
	};
	const catchUp = async (): Promise<Closing> => {
		const logs = await session.ask('item.logs', asked);
		if (logs.words !== null) out.message(`${plainLine(logs.words)}; waiting`);
		else if (logs.lines.length === 0) out.message(`${nothingYet(logs)}; waiting`);
		for (const line of logs.lines) print(line);
		return logs.item;
	};
	return node.follow(
		{ project: id, item: asked.item, kinds: ['log', 'item', 'itemGone'] },
		interrupted,
		async (events) => {
			// Of one that is closed already no event will tell.
			let item = await catchUp();
			if (isClosed(item)) return endedWith(out, item);
			for await (const event of events) {
				if (event.kind === 'log') print(event.line);
				if (event.kind === 'unknown') out.message(plainLine(event.words));
				if (event.kind === 'dropped') {
					out.message(`${event.events} events were missed; reading again`);
					item = await catchUp();
				}
				if (event.kind === 'item') item = event.item;
				if (event.kind === 'itemGone') return ended(out, `${event.name} was deleted`, 0);
				if (isClosed(item)) return endedWith(out, item);
				if (event.kind === 'stopping') return ended(out, 'the node stops', 6);
			}
			return interrupted.aborted ? 130 : ended(out, 'the node is gone', 6);
		},
	);
}

type Closing = Pick<ItemAnswer, 'name' | 'column' | 'stage'>;

function isClosed({ column }: Closing): boolean {
	return column === 'done' || column === 'closed' || column === 'archived';
}

function endedWith(out: Output, { name, stage }: Closing): number {
	return ended(out, `${name} is ${stage}`, 0);
}

function ended(out: Output, words: string, code: number): number {
	out.message(plainLine(words));
	return code;
}

function lineText(out: Output, line: LogLine): string {
	const text = plain(line.text).replace(/\n$/, '');
	const source = out.paint('dim', `${line.source} │`);
	return line.stream === 'stderr' ? `${source} ${out.paint('yellow', text)}` : `${source} ${text}`;
}
