/**
 * What a test that waited in vain saw last, in one line: whoever reads a run's report has the first line of a failure and
 * nothing else. Of a board only what says why an item does not go on; of a log its last lines.
 */
import type { Board } from '../../shared/operations/index.ts';

const answerCharsMax = 600;
const logLines = 6;

/** `log`: JSON lines of a node, whole or in part. */
export function gaveUp(seconds: number, answer: unknown, log = ''): Error {
	const words = [`gave up waiting after ${seconds} s: ${isBoard(answer) ? boardWords(answer) : short(answer)}`];
	const last = lastOf(log);
	if (last !== '') words.push(`log: ${last}`);
	return new Error(words.join('; '));
}

/** The last lines of a log in one. */
export function lastOf(log: string): string {
	return log.trim().split('\n').slice(-logLines).map(lineWords).join(' | ');
}

function isBoard(answer: unknown): answer is Board {
	return typeof answer === 'object' && answer !== null && 'items' in answer && 'qualification' in answer;
}

function boardWords({ items, project, qualification }: Board): string {
	const words = items.map(itemWords);
	if (project.trouble !== null) words.push(`trouble: ${project.trouble}`);
	if (!qualification.ready) words.push(`main: ${qualification.reason ?? 'is not judged'}`);
	return words.length === 0 ? 'no items' : words.join(', ');
}

function itemWords({
	name,
	title,
	stage,
	badge,
	stageReason,
	waitsBecause,
	lastFailure,
	holder,
}: Board['items'][number]) {
	const why = [stageReason, waitsBecause, lastFailure?.reason, holder?.node];
	const told = [...new Set(why.filter((one) => typeof one === 'string'))].join('; ');
	return `${name} ${short(title)} ${stage}${badge === stage ? '' : ` ${badge}`}${told === '' ? '' : ` (${told})`}`;
}

/** A line of a log says what happened by its event, and where it is about an item, in what. */
function lineWords(line: string): string {
	try {
		const { time, event, from, to, reason, why, end } = JSON.parse(line) as Record<string, unknown>;
		const said = [String(time).slice(11, 19), event, from && `${from}>${to}`, end, reason ?? why].filter(Boolean);
		return said.join(' ').slice(0, 160);
	} catch {
		return line.slice(0, 160);
	}
}

function short(answer: unknown): string {
	return (JSON.stringify(answer) ?? String(answer)).slice(0, answerCharsMax);
}
