/**
 * A tool as a model is offered it: a name, words, a schema, and one function that answers. What is not given here cannot
 * be asked over MCP; who may have which tool is decided where a set of them is made.
 */
import { type GanglineError, ganglineError } from '../ports/errors.ts';

export interface ServedTool {
	readonly name: string;
	readonly description: string;
	/** Of its arguments, as JSON Schema. */
	readonly inputSchema: { readonly type: 'object'; readonly [field: string]: unknown };
	/** It changes nothing. */
	readonly readOnly: boolean;
	/** `input`: as the model wrote it. The signal is aborted when nobody waits for the answer any more. */
	readonly call: (input: unknown, signal: AbortSignal) => Promise<unknown>;
}

/** Everything that one token gives. */
export interface ToolSet {
	/** What a model is told of the server before it uses any of it. */
	readonly instructions: string;
	readonly tools: readonly ServedTool[];
}

/** A longer answer drowns what a model was doing; clients cut at about as much. */
export const answerCharsMax = 60_000;

/** An answer as text for a model. */
export function answerText(answer: unknown): string {
	const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
	if (text.length <= answerCharsMax) return text;
	return `${text.slice(0, answerCharsMax)}\n… ${text.length - answerCharsMax} characters left out: ask for less, or for one item`;
}

/** A refusal as text for a model: what was wrong, and what to do. */
export function refusalText({ code, message, hint }: GanglineError): string {
	return `${code}: ${message}${hint ? `\n${hint}` : ''}`;
}

/** @throws GanglineError UNKNOWN_OPERATION naming those that there are */
export function toolNamed({ tools }: ToolSet, name: string): ServedTool {
	const found = tools.find((tool) => tool.name === name);
	if (found !== undefined) return found;
	throw ganglineError('UNKNOWN_OPERATION', `there is no tool ${JSON.stringify(name.slice(0, 64))} for this token`, {
		hint: `there are: ${tools.map((tool) => tool.name).join(', ')}`,
	});
}
