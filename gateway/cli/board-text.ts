/** `gangline status` for people. */
import type { Board } from '../../shared/operations/index.ts';
import { itemsText } from './item-lines.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { cost, orUnknown, shortCommit } from './words.ts';

export function boardText(session: Session, board: Board): string {
	const open = board.items.filter((item) => item.column !== 'archived');
	const table = open.length === 0 ? 'no items yet: gangline add "what is wanted"' : itemsText(session, open);
	return [headLines(session, board).join('\n'), table, footLines(board).join('\n')]
		.filter((part) => part !== '')
		.join('\n\n');
}

function headLines({ out }: Session, { project, distance, qualification, home }: Board): readonly string[] {
	const isAway = home.words !== null;
	const none = isAway ? 'where its home has it' : 'no commit yet';
	const tip = distance.canonical === null ? none : shortCommit(distance.canonical);
	const lines = [
		`${out.paint('bold', project.name)}  ${distance.branch} ${tip}, review ${orUnknown(project.review)}, landing ${orUnknown(project.landing)}`,
	];
	if (distance.origin !== null) lines.push(sideLine(out.paint, distance.origin.remote, distance.origin));
	if (distance.checkout !== null) lines.push(sideLine(out.paint, 'checkout', distance.checkout));
	if (qualification.ready)
		lines.push(`  gates     passed on ${distance.branch}: ${plainLine(qualification.saw ?? 'no gates')}`);
	else if (!isAway)
		lines.push(
			out.paint('red', `  gates     ${plainLine(qualification.reason ?? 'set-up and gates have not run on main yet')}`),
		);
	if (home.words !== null) lines.push(out.paint('yellow', `  ${plainLine(home.words)}`));
	else if (project.trouble !== null) lines.push(out.paint('red', `  trouble   ${plainLine(project.trouble)}`));
	if (project.paused) lines.push(out.paint('yellow', '  paused: nothing starts or lands; gangline resume'));
	return lines;
}

type Side = NonNullable<Board['distance']['checkout']> | NonNullable<Board['distance']['origin']>;

function sideLine(
	paint: Session['out']['paint'],
	name: string,
	side: Omit<Side, 'path' | 'remote' | 'fetchedAt'>,
): string {
	const apart = side.ahead > 0 || side.behind > 0 || side.inTheWay.length > 0;
	const line = `  ${name.padEnd(9)} ${plainLine(side.words)}`;
	return apart ? paint('yellow', line) : line;
}

function footLines({ queue, costUsd, refused, people }: Board): readonly string[] {
	const lines = refused.map(({ words }) => `refused: ${plainLine(words)}`);
	if (lines.length > 0) lines.push('these were wanted here and refused later; once seen: gangline refusals --seen');
	if (queue.length > 0) lines.push(`landing queue: ${queue.join(', ')}`);
	if (people.length > 0) lines.push(`here now: ${people.map(presentText).join(', ')}`);
	if (costUsd > 0) lines.push(`spent so far: ${cost(costUsd)}`);
	return lines;
}

function presentText({ person, item }: Board['people'][number]): string {
	return `${person} (${item === null ? 'the board' : plainLine(item)})`;
}
