/**
 * What is printed where. Results go to stdout and are what scripts read; messages go to stderr. Colour only where a
 * person looks at a terminal and has not said no. Text that agents or other programs have written passes `plain`
 * first: escape sequences in it could repaint the terminal or make a refused change look approved.
 */
import { stripVTControlCharacters, styleText } from 'node:util';
import { GanglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface Output {
	readonly json: boolean;
	/** Whether stdout is a terminal that a person looks at. */
	readonly forPeople: boolean;
	/** Prints the result: the value itself with --json, otherwise what `human` makes of it. */
	result(value: unknown, human: () => string): void;
	/** One JSON value per line with --json, for results without an end. */
	line(value: unknown, human: () => string): void;
	/** A message beside the result; nothing depends on it. */
	message(text: string): void;
	paint(style: Style | readonly Style[], text: string): string;
}

export function createOutput(
	context: CliContext,
	options: { readonly json: boolean; readonly color: boolean },
): Output {
	const colour = options.color && wantsColour(context);
	const write = (text: string): void => context.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
	const show = (text: string): void => write(harmless(text, colour));
	return {
		json: options.json,
		forPeople: context.stdout.isTTY && !options.json,
		result: (value, human) => (options.json ? write(JSON.stringify(value, null, '\t')) : show(human())),
		line: (value, human) => (options.json ? write(JSON.stringify(value)) : show(human())),
		message: (text) => context.stderr.write(`${harmless(text, colour)}\n`),
		paint: (style, text) =>
			colour ? styleText(typeof style === 'string' ? style : [...style], text, { validateStream: false }) : text,
	};
}

/** no-color.org: any non-empty NO_COLOR; a dumb terminal and a pipe have no colour either. */
function wantsColour(context: CliContext): boolean {
	return context.stdout.isTTY && !context.env.NO_COLOR && context.env.TERM !== 'dumb';
}

/** What `paint` writes, and line ends as a file may have them. */
const ours = new RegExp(`(\r\n|${String.fromCharCode(27)}\\[(?:1|2|22|31|32|33|36|39)m)`);

/**
 * The last door before a terminal: of all that it would obey our own colours alone. Whoever makes a line has cleaned what
 * others wrote in it; this is for the name, the number, the folder of which nobody thought that another member says it.
 */
function harmless(text: string, colour: boolean): string {
	const isOurs = (part: string): boolean => part === '\r\n' || (colour && ours.test(part));
	return text
		.split(ours)
		.map((part) => (isOurs(part) ? part : plain(part)))
		.join('');
}

/** Text of others without anything that a terminal obeys; tabs and line ends stay. */
export function plain(text: string): string {
	return stripVTControlCharacters(text).replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) =>
		character === '\n' || character === '\t' ? character : '',
	);
}

/** The same on one line. */
export function plainLine(text: string): string {
	return plain(text).replace(/\s+/g, ' ').trim();
}

/** An error as people read it: what, why, and after an arrow what to do. With --json the API's shape, also on stderr. */
export function printError(context: CliContext, error: GanglineError, json: boolean): void {
	if (json) {
		const { code, message, hint, data } = error;
		context.stderr.write(`${JSON.stringify({ error: { code, message, hint: hint ?? null, data } })}\n`);
		return;
	}
	context.stderr.write(`gangline: ${plain(error.message)}\n`);
	const why = error.cause instanceof GanglineError ? error.cause.message : error.data.why;
	if (typeof why === 'string') context.stderr.write(`${indent(plain(why))}\n`);
	if (error.hint !== undefined) context.stderr.write(`→ ${plain(error.hint)}\n`);
}

export function indent(text: string): string {
	return text
		.split('\n')
		.map((line) => `  ${line}`)
		.join('\n');
}
