/**
 * Every string of every answer may have been written by a member that is not to be trusted: a worker names its gates and
 * its log's sources, another home its items. A terminal obeys whatever it is shown.
 */
import { describe, expect, it } from 'vitest';
import { type CallName, operationNames, operations } from '../../../shared/operations/index.ts';
import { openWorkplace, type Workplace } from '../../support/terminal.ts';
import { escapes } from '../../support/tiny-items.ts';

/** What the command line itself asks with or opens afterwards: no words for people. */
const notShown: ReadonlySet<string> = new Set(['id', 'key', 'path', 'url', 'publicUrl', 'ssh', 'binding']);

/** The answer with the escapes behind each of its strings that its own schema lets through. */
function hostile(name: CallName, answer: unknown): unknown {
	const whole = structuredClone(answer);
	const spoil = (at: object): void => {
		for (const [key, value] of Object.entries(at)) {
			if (notShown.has(key)) continue;
			if (typeof value === 'object' && value !== null) spoil(value);
			if (typeof value !== 'string') continue;
			Reflect.set(at, key, `${value}${escapes}`);
			if (!operations[name].result.safeParse(whole).success) Reflect.set(at, key, value);
		}
	};
	if (typeof whole === 'object' && whole !== null) spoil(whole);
	return whole;
}

function spoilAnswers({ home }: Workplace): void {
	for (const [name, handler] of Object.entries(home.handlers)) {
		const asked = handler as (...args: unknown[]) => Promise<unknown>;
		Object.assign(home.handlers, {
			[name]: async (...args: unknown[]) => hostile(name as CallName, await asked(...args)),
		});
	}
}

const signs = ['\u0007', '\u001b', '\u202e'] as const;

/** Words and double quotes, as a shell reads the examples. */
function words(cli: string): readonly string[] {
	return [...cli.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '').slice(1);
}

describe('whatever an answer says, a terminal is shown nothing that it would obey by', () => {
	const examples = operationNames.flatMap((name) => operations[name].examples.map(({ cli }) => cli));
	const typed = [...new Set(examples)].filter((cli) => !/^gangline (?:start|stop|logs .*--follow|join)\b/.test(cli));
	for (const cli of [...typed, 'gangline nodes --revoked', 'gangline git check shop']) {
		it(cli, async () => {
			await using place = await openWorkplace({ gateway: true });
			const gate = { gate: 'test', kind: 'test', outcome: 'failed', why: 'red', tail: '', seconds: 1 } as const;
			const run = { run: '1.3', role: 'coder', agent: 'ada', node: 'laptop', startedAt: 0, endedAt: 1 } as const;
			const spent = { costUsd: 1, inputTokens: 1, outputTokens: 1 };
			for (const item of place.home.items) {
				Object.assign(item, {
					holder: { node: 'laptop', role: 'coder', agent: 'ada', since: 0 },
					gates: [{ ...gate, tests: null, runs: 1 }],
					runs: [{ ...run, ...spent, outcome: 'done' }],
					labels: ['ui'],
				});
			}
			spoilAnswers(place);
			const options = { tty: true, answer: true, env: { NO_COLOR: '1', HOME: place.state } };
			const { stdout, stderr, questions } = await place.type(words(cli), options);
			// A code to scan is drawn with colours.
			const drawn = /^gangline phone\b/.test(cli) ? (stdout.split('\n').at(-2) ?? '') : stdout;
			expect(drawn + stderr).not.toBe('');
			const line = [drawn, stderr, ...questions]
				.join('\n')
				.split('\n')
				.find((one) => signs.some((sign) => one.includes(sign)));
			expect(line).toBeUndefined();
		});
	}
});
