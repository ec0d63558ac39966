/**
 * What `init` asks a person at a terminal, and how it shows that something is going on. Every question has a flag, so
 * nothing here is ever needed; an interrupted question ends the command with nothing changed.
 */
import * as clack from '@clack/prompts';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';

export interface Choice<Value extends string> {
	readonly value: Value;
	readonly label: string;
	readonly hint?: string;
}

export interface Questions {
	choose<Value extends string>(question: string, choices: readonly Choice<Value>[], initial: Value): Promise<Value>;
	/** Any of the choices; all are chosen to begin with. */
	pick(question: string, choices: readonly Choice<string>[]): Promise<readonly string[]>;
	write(question: string, initial: string): Promise<string>;
}

export interface Progress {
	step(text: string): void;
	end(): void;
}

/** Questions on the real terminal. */
export const terminalQuestions: Questions = {
	async choose<Value extends string>(message: string, choices: readonly Choice<Value>[], initialValue: Value) {
		// The library sees the index, so that the value keeps its type.
		const options = choices.map(({ label, hint }, index) => ({
			value: index,
			label,
			...(hint === undefined ? {} : { hint }),
		}));
		const start = choices.findIndex(({ value }) => value === initialValue);
		const chosen =
			choices[answered(await clack.select({ message, options, initialValue: start, output: process.stderr }))];
		return chosen?.value ?? initialValue;
	},
	async pick(message, choices) {
		const initialValues = choices.map(({ value }) => value);
		const options = choices.map((choice) => ({ ...choice }));
		return answered(
			await clack.multiselect({ message, options, initialValues, required: false, output: process.stderr }),
		);
	},
	async write(message, initialValue) {
		return answered(await clack.text({ message, initialValue, output: process.stderr }));
	},
};

/** The library answers an interrupted question with a symbol. */
function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
	if (typeof answer !== 'symbol') return answer as Exclude<Answer, symbol>;
	throw ganglineError('REFUSED', 'the question was interrupted; nothing was changed', {
		hint: 'Each question has a flag: gangline init --help',
	});
}

/** A line with running seconds for a person, one plain line a step for everything else. Both on stderr. */
export function showProgress(context: CliContext): Progress {
	const { stderr, clock } = context;
	if (!stderr.isTTY || context.env.TERM === 'dumb') {
		return { step: (text) => stderr.write(`${text}\n`), end: () => undefined };
	}
	let since = 0;
	let current = '';
	let cancel = (): void => undefined;
	// The library's own spinner takes Ctrl-C for itself and ends the process, which would leave our child behind.
	const draw = (): void => {
		const line = `${current}  ${Math.floor((clock.monotonic() - since) / 1000)} s`;
		stderr.write(`\r\u001b[K${line.slice(0, (stderr.columns ?? 80) - 1)}`);
		cancel = clock.after(1000, draw);
	};
	return {
		step(text) {
			cancel();
			current = text;
			since = clock.monotonic();
			draw();
		},
		end() {
			cancel();
			stderr.write('\r\u001b[K');
		},
	};
}
