import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
	commonErrors,
	eventFor,
	isOperationName,
	mayAsk,
	moveEvents,
	moveWords,
	nearest,
	operationNames,
	operations,
	parseArgs,
	parseOperationName,
	readItemRef,
	stageKinds,
	writeItemRef,
} from '../../../shared/operations/index.ts';
import { stages, transitions } from '../../../shared/pipeline/index.ts';
import { errorKinds, GanglineError } from '../../../shared/ports/errors.ts';

function refusal(action: () => unknown): GanglineError {
	try {
		action();
	} catch (error) {
		if (error instanceof GanglineError) return error;
		throw error;
	}
	throw new Error('expected a refusal');
}

it.each([
	['secret.set', (value: string) => ({ name: 'NPM_TOKEN', value: `${value}\0` })],
	['container.gitToken', (value: string) => ({ name: 'myapp', token: `${value} ${value}` })],
	['notify.set', (value: string) => ({ ntfy: { url: 'https://ntfy.sh/topic', token: value.repeat(20) } })],
] as const)('a refused %s says nothing of the secret in it', (name, input) => {
	const { message, data } = refusal(() => parseArgs(name, input('tk_0123456789abc')));
	expect(JSON.stringify({ message, data })).not.toContain('0123456789');
});

describe('the registry', () => {
	for (const name of operationNames) {
		const operation = operations[name];
		it(`describes ${name} with examples that its own arguments accept`, () => {
			const needsProject = 'project' in operation.args.shape && operation.kind !== 'stream';
			expect(operation.examples.length).toBeGreaterThan(0);
			for (const { args, cli } of operation.examples) {
				expect(cli).toMatch(/^gangline /);
				parseArgs(name, needsProject ? { project: 'shop', ...args } : args);
			}
		});
		it(`renders ${name} as JSON Schema`, () => {
			expect(z.toJSONSchema(operation.args, { io: 'input' })).toMatchObject({
				type: 'object',
				additionalProperties: false,
			});
			z.toJSONSchema(operation.result, { io: 'output' });
		});
		it(`names only errors that exist for ${name}`, () => {
			for (const code of [...operation.errors, ...commonErrors]) expect(Object.hasOwn(errorKinds, code)).toBe(true);
		});
	}

	it('knows every stage of the pipeline', () => {
		expect([...stageKinds].sort()).toEqual(Object.keys(stages).sort());
	});

	it('moves items only by what the table gives to people', () => {
		const byPeople: ReadonlySet<string> = new Set(
			transitions.filter(({ by }) => by.some((who) => who === 'user')).map(({ event }) => event),
		);
		const bound = ['approve', 'requestChanges'];
		expect([...moveEvents].sort()).toEqual([...byPeople].filter((event) => !bound.includes(event)).sort());
	});

	it('lets nobody below the needed access ask', () => {
		expect(mayAsk('viewer', 'member')).toBe(false);
		expect(mayAsk('member', 'owner')).toBe(false);
		expect(mayAsk('owner', 'viewer')).toBe(true);
	});
});

describe('arguments', () => {
	const base = { project: 'shop', title: 'x' };
	const refused: readonly (readonly [string, unknown, RegExp, RegExp | undefined])[] = [
		['a missing field', { project: 'shop' }, /title is missing/, undefined],
		[
			'an unknown field, with the nearest one',
			{ ...base, descripton: 'y' },
			/unknown field "descripton"; known are/,
			/did you mean description\?/,
		],
		[
			'`__proto__`',
			JSON.parse('{"project":"shop","title":"x","__proto__":{"a":1}}'),
			/unknown field "__proto__"/,
			undefined,
		],
		['another type', { ...base, type: 'feature' }, /type is "feature".*story/, undefined],
		['a title of two lines', { ...base, title: 'a\nb' }, /one line/, undefined],
		['a title with an escape sequence', { ...base, title: '\u001b[2J' }, /control characters/, undefined],
		[
			'a description of more than 16 KiB',
			{ ...base, description: 'ä'.repeat(8193) },
			/has 16386 bytes, at most 16384 \(16 KiB\) fit/,
			undefined,
		],
		['what is no item', { ...base, dependsOn: ['a b'] }, /dependsOn\.0 is "a b": expected an item/, undefined],
		['nothing at all', undefined, /item\.add/, undefined],
		['a list', [], /expected object/, undefined],
	];
	for (const [what, input, message, hint] of refused) {
		it(`are refused for ${what}`, () => {
			const error = refusal(() => parseArgs('item.add', input));
			expect(error.code).toBe('INVALID_ARGUMENT');
			expect(error.message).toMatch(message);
			if (hint) expect(error.hint).toMatch(hint);
			expect(error.message.length).toBeLessThan(1000);
		});
	}

	it('take a description of exactly 16 KiB', () => {
		expect(parseArgs('item.add', { ...base, description: 'ä'.repeat(8192) }).description).toHaveLength(8192);
	});

	it('fill in defaults and read references', () => {
		expect(parseArgs('item.add', { ...base, dependsOn: [3, '#4', '~laptop-2'] })).toMatchObject({
			project: { kind: 'name', name: 'shop' },
			type: 'story',
			hold: false,
			dependsOn: [
				{ kind: 'number', number: 3 },
				{ kind: 'number', number: 4 },
				{ kind: 'alias', alias: '~laptop-2' },
			],
		});
	});

	it('of an edit must change something', () => {
		expect(refusal(() => parseArgs('item.edit', { project: 'shop', item: 1 })).message).toMatch(/at least one field/);
	});

	it('never crash the parser, whatever they are', () => {
		fc.assert(
			fc.property(fc.constantFrom(...operationNames), fc.jsonValue(), (name, input) => {
				try {
					parseArgs(name, input);
				} catch (error) {
					expect(error).toBeInstanceOf(GanglineError);
				}
			}),
		);
	});
});

describe('names', () => {
	it('of operations are suggested when they are nearly right', () => {
		expect(refusal(() => parseOperationName('item.aprove'))).toMatchObject({
			code: 'UNKNOWN_OPERATION',
			hint: 'did you mean item.approve?',
		});
		expect(isOperationName('constructor')).toBe(false);
	});

	it('of items read back to what was written', () => {
		for (const text of ['#12', '~laptop-3', '01JZ0000000000000000000SHP']) {
			const ref = readItemRef(text);
			expect(ref === null ? null : writeItemRef(ref)).toBe(text);
		}
		for (const text of ['', '0', '-1', '#', 'a b', '../x', '1e9']) expect(readItemRef(text)).toBe(null);
	});

	it('are suggested only when they are near', () => {
		const check = (typed: string, expected: string | null): void =>
			expect(nearest(typed, ['status', 'start', 'stop'])).toBe(expected);
		check('statsu', 'status');
		check('strat', 'start');
		check('approve', null);
		check('', null);
	});
});

describe('words to move by', () => {
	it('each stand for one event from every stage', () => {
		for (const word of moveWords) expect(moveWords).toContain(eventFor(word, 'backlog'));
	});

	it('return to where an item was', () => {
		const check = (word: 'backlog' | 'coding', from: string, event: string): void =>
			expect(eventFor(word, from)).toBe(event);
		check('backlog', 'upcoming', 'accept');
		check('backlog', 'rejected', 'reopen');
		check('backlog', 'coding', 'defer');
		check('coding', 'backlog', 'start');
		check('coding', 'frozen', 'unfreeze');
		check('coding', 'blocked', 'unblock');
	});
});
