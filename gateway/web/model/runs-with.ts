/** The line below a new item: what it will run with and be judged by, and what would keep it waiting. Pure. */
import type { ProjectBoard } from './board-state.ts';

export interface Wanted {
	readonly description: string;
	readonly agent: string | null;
	readonly type: string;
	readonly hold: boolean;
	readonly upcoming: boolean;
	readonly board: ProjectBoard;
}

export function runsWith(wanted: Wanted): string {
	return [whoDoesIt(wanted), whenItStarts(wanted), howItLands(wanted), whatIsNotSeen(wanted)]
		.filter((part) => part !== null)
		.join(' ');
}

function whoDoesIt({ type, agent, description }: Wanted): string {
	if (type === 'epic') return 'An epic is not worked on itself; it is done when its children are.';
	if (agent === 'shell' || (agent === null && hasScript(description)))
		return 'Its script is run as it is: no agent, no model, no cost.';
	return agent === null
		? 'The project’s own agent does it, with the model, checks and cost cap of its project file.'
		: `${agent} does it, with the model and cost cap that the project file gives it.`;
}

function whenItStarts({ hold, upcoming, board }: Wanted): string | null {
	if (upcoming) return 'It waits as an idea until somebody makes it ready.';
	if (hold) return 'It waits until somebody starts it.';
	if (board.project.paused) return 'The project is paused: it waits until that is over.';
	if (board.whole && !board.whole.home.connected)
		return 'The home of the project is away: it is noted now and starts when it is back.';
	if (board.whole && !board.whole.qualification.ready && board.whole.qualification.reason !== null)
		return `Nothing can run yet: ${board.whole.qualification.reason}.`;
	return 'It starts as soon as a slot is free.';
}

function howItLands({ board, type }: Wanted): string | null {
	const { review, landing, branch } = board.project;
	if (type === 'epic' || review === null) return null;
	const looked = { human: 'you look at it', server: 'nobody needs to look at it', agent: 'an agent looks at it' }[
		review
	];
	const where = landing === 'pull-request' ? 'a pull request is opened' : `it lands on ${branch}`;
	return `When the gates pass, ${looked} and ${where}.`;
}

function whatIsNotSeen({ board }: Wanted): string | null {
	const inTheWay = board.whole?.distance.checkout?.inTheWay.length ?? 0;
	return inTheWay === 0 ? null : 'What is not committed in your checkout is not seen by it.';
}

/** Whether a fenced block of it is run as it is. */
export function hasScript(description: string): boolean {
	return /^```(?:sh|bash|shell)\s*\n[\s\S]+?^```/m.test(description);
}
