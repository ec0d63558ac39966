/**
 * How a command is described: usage, examples first, options, and one function that does it. Everything that commands
 * share (global options, output, errors and exit codes) is here, so that a command is only what is its own.
 */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { openSession, type Session } from './session.ts';

export interface CommandDescription {
	/** Name and arguments in commander's form: `reject <item> <words...>`. */
	readonly usage: string;
	readonly summary: string;
	readonly group: CommandGroup;
	/** As typed, each with what it does where that is not plain. */
	readonly examples: readonly string[];
	/** Adds options and arguments with parsers. */
	readonly configure?: (command: Command) => void;
	/** Resolves with the exit code, undefined for 0. Throws GanglineErrors. */
	readonly run: (session: Session, args: Arguments, options: Options) => Promise<number | undefined>;
}

type CommandGroup = 'Set up' | 'Work' | 'Review' | 'Look' | 'Run' | 'Containers' | 'More machines';

const examplesOf = new WeakMap<Command, readonly string[]>();
const exitCodes = new WeakMap<Command, number>();

/** Adds a command to the program (or to another command, for `agent login`). */
export function defineCommand(parent: Command, context: CliContext, description: CommandDescription): Command {
	const command = parent.command(description.usage).description(description.summary).helpGroup(`${description.group}:`);
	describeExamples(command, description.examples);
	description.configure?.(command);
	command.action(async () => {
		const options = new Options(command.optsWithGlobals());
		const session = openSession(context, {
			json: options.flag('json'),
			color: options.flag('color'),
			input: options.flag('input'),
			yes: options.flag('yes'),
			project: options.text('project'),
		});
		const code = await description.run(session, new Arguments(command.processedArgs), options);
		if (code !== undefined) exitCodes.set(rootOf(command), code);
	});
	return command;
}

export function describeExamples(command: Command, examples: readonly string[]): void {
	examplesOf.set(command, examples);
}

export function examplesFor(command: Command): readonly string[] {
	return examplesOf.get(command) ?? [];
}

/** What the command that ran wants the process to end with. */
export function exitCodeOf(program: Command): number {
	return exitCodes.get(program) ?? 0;
}

function rootOf(command: Command): Command {
	return command.parent === null ? command : rootOf(command.parent);
}

/** Positional arguments by place. */
class Arguments {
	readonly #values: readonly unknown[];

	constructor(values: readonly unknown[]) {
		this.#values = values;
	}

	/** The argument, or undefined where an optional one was left out. */
	text(place: number): string | undefined {
		const value = this.#values[place];
		return typeof value === 'string' ? value : undefined;
	}

	/** A required argument: commander has refused to run without it. */
	required(place: number): string {
		return this.text(place) ?? '';
	}

	/** A variadic argument. */
	rest(place: number): readonly string[] {
		const value = this.#values[place];
		return Array.isArray(value) ? value.map(String) : [];
	}
}

/** Options by their long name in camel case. */
export class Options {
	readonly #values: Readonly<Record<string, unknown>>;

	constructor(values: Readonly<Record<string, unknown>>) {
		this.#values = values;
	}

	flag(name: string): boolean {
		return this.#values[name] === true;
	}

	/** True, false by `--no-name`, or undefined where neither was given. */
	choice(name: string): boolean | undefined {
		const value = this.#values[name];
		return typeof value === 'boolean' ? value : undefined;
	}

	text(name: string): string | undefined {
		const value = this.#values[name];
		return typeof value === 'string' ? value : undefined;
	}

	number(name: string): number | undefined {
		const value = this.#values[name];
		return typeof value === 'number' ? value : undefined;
	}

	/** A repeatable option; undefined where it was not given. */
	list(name: string): readonly string[] | undefined {
		const value = this.#values[name];
		return Array.isArray(value) ? value.map(String) : undefined;
	}
}
