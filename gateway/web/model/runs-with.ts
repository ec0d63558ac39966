/** What a new item will run with and be judged by, and what would keep it waiting, with what a button can do about it. Pure. */
import type { Result } from '../../../shared/operations/index.ts';
import type { ProjectBoard } from './board-state.ts';
import { count, usd } from './words.ts';

export type Settings = Result<'project.settings'>['settings'];

export interface Wanted {
	readonly description: string;
	readonly agent: string | null;
	readonly type: string;
	readonly hold: boolean;
	readonly upcoming: boolean;
	readonly board: ProjectBoard;
	/** Null: not known here (yet), such as while the home is away. */
	readonly settings: Settings | null;
}

export function runsWith(wanted: Wanted): string {
	return [whoDoesIt(wanted), whenItStarts(wanted), howItLands(wanted), whatIsNotSeen(wanted)]
		.filter((part) => part !== null)
		.join(' ');
}

/** Why it would be queued and nothing would run; null where it starts, or is not meant to. */
export interface Hindrance {
	readonly words: string;
	/** What a button does about it. */
	readonly does: 'resume' | 'settings' | null;
}

export function hindranceOf(wanted: Wanted): Hindrance | null {
	const { type, hold, upcoming, board, settings } = wanted;
	if (type === 'epic' || hold || upcoming) return null;
	if (board.project.paused) return { words: 'The project is paused: it is queued and nothing runs.', does: 'resume' };
	const { whole } = board;
	if (whole && !whole.home.connected)
		return { words: 'The home of the project is away: it is noted now and starts when it is back.', does: null };
	if (board.project.trouble !== null)
		return { words: `It is queued and nothing runs: ${board.project.trouble}`, does: null };
	if (nobodyDoesIt(wanted)) return { words: nobodyWords(wanted), does: 'settings' };
	if (whole && !whole.qualification.ready && whole.qualification.reason !== null)
		return { words: `It is queued and nothing can run yet: ${whole.qualification.reason}.`, does: null };
	if (settings && !settings.work.auto_start)
		return {
			words: 'Nothing starts by itself in this project (auto_start is off): start it when it is there.',
			does: null,
		};
	return null;
}

function isScripted({ agent, description }: Wanted): boolean {
	return agent === 'shell' || (agent === null && hasScript(description));
}

function coderOf({ agent, settings }: Wanted): Settings['agent'][number] | undefined {
	const coders = settings?.agent.filter(({ role }) => role === 'coder') ?? [];
	return agent === null ? coders[0] : coders.find(({ name }) => name === agent);
}

function nobodyDoesIt(wanted: Wanted): boolean {
	return wanted.settings !== null && !isScripted(wanted) && coderOf(wanted) === undefined;
}

function nobodyWords({ agent }: Wanted): string {
	return agent === null
		? 'It is queued and nobody does it: the project has no agent yet. A fenced sh block in the description needs none.'
		: `It is queued and nobody does it: the project has no agent named ${agent}.`;
}

function whoDoesIt(wanted: Wanted): string | null {
	const { type, agent, settings } = wanted;
	if (type === 'epic') return 'An epic is not worked on itself; it is done when its children are.';
	if (isScripted(wanted)) return 'Its script is run as it is: no agent, no model, no cost.';
	if (settings === null) return agent === null ? 'The project’s own agent does it.' : `${agent} does it.`;
	const coder = coderOf(wanted);
	if (coder === undefined) return null;
	const model = coder.model === undefined ? 'its usual model' : coder.model;
	return `${coder.name} does it (${coder.runtime}, ${model}), ${budgetWords(coder, settings)}.`;
}

function budgetWords({ max_cost_usd }: Settings['agent'][number], { budget }: Settings): string {
	const caps = [
		...(max_cost_usd === undefined ? [] : [`at most ${usd(max_cost_usd)} a session`]),
		...(budget.item_usd === undefined ? [] : [`at most ${usd(budget.item_usd)} for the item`]),
		...(budget.day_usd === undefined ? [] : [`${usd(budget.day_usd)} a day for all`]),
	];
	return caps.length === 0 ? 'without a budget' : caps.join(', ');
}

/** What stands in its way is said apart. */
function whenItStarts(wanted: Wanted): string | null {
	if (wanted.type === 'epic') return null;
	if (wanted.upcoming) return 'It waits as an idea until somebody makes it ready.';
	if (wanted.hold) return 'It waits until somebody starts it.';
	return hindranceOf(wanted) === null ? 'It starts as soon as a slot is free.' : null;
}

function howItLands({ board, type, settings }: Wanted): string | null {
	const { review, landing, branch } = board.project;
	if (type === 'epic' || review === null) return null;
	const looked = { human: 'you look at it', server: 'nobody needs to look at it', agent: 'an agent looks at it' }[
		review
	];
	const where = landing === 'pull-request' ? 'a pull request is opened' : `it lands on ${branch}`;
	return `When ${checkWords(settings)}, ${looked} and ${where}.`;
}

function checkWords(settings: Settings | null): string {
	if (settings === null) return 'the gates pass';
	const names = settings.gate.map(({ name }) => name);
	if (names.length === 0) return 'it is done (the project has no gates)';
	if (names.length > 4) return `its ${count(names.length, 'gate')} pass`;
	return names.length === 1
		? `the gate ${names[0]} passes`
		: `the gates ${names.slice(0, -1).join(', ')} and ${names.at(-1)} pass`;
}

function whatIsNotSeen({ board }: Wanted): string | null {
	const inTheWay = board.whole?.distance.checkout?.inTheWay.length ?? 0;
	return inTheWay === 0 ? null : 'What is not committed in your checkout is not seen by it.';
}

/** Whether a fenced block of it is run as it is. */
export function hasScript(description: string): boolean {
	return /^```(?:sh|bash|shell)\s*\n[\s\S]+?^```/m.test(description);
}
