import { describe, expect, test } from 'vitest';
import { decideOutcome, type SessionFacts } from '../../../node/agents/outcome.ts';

const clean: SessionFacts = {
	endedByUs: null,
	exit: { kind: 'code', code: 0 },
	reports: true,
	wasLetGo: false,
	hasStarted: true,
	result: { isOk: true, failure: null, message: '' },
	rejected: null,
	now: 1_000_000,
	lastError: '',
};
const failed = (failure: 'login' | 'turns' | 'cost' | 'rateLimit' | 'api' | 'other') => ({
	isOk: false,
	failure,
	message: 'why',
});
const code = (number: number) => ({ kind: 'code', code: number }) as const;

const cases: readonly [name: string, change: Partial<SessionFacts>, expected: object][] = [
	['a clean end', {}, { kind: 'finished' }],
	['a good result with a bad exit', { exit: code(1) }, { kind: 'forced', cause: 'exit' }],
	['an interrupt, which exits with 0', { result: failed('other') }, { kind: 'forced', cause: 'exit' }],
	['a failed service', { result: failed('api'), exit: code(1) }, { kind: 'forced', cause: 'api', reason: 'why' }],
	['a missing login', { result: failed('login'), exit: code(1) }, { kind: 'forced', cause: 'login' }],
	[
		'a limit with a time',
		{ result: failed('api'), rejected: { until: 5_000_000 }, exit: code(1) },
		{ kind: 'rateLimited', until: 5_000_000 },
	],
	['a limit without a time', { result: failed('rateLimit'), exit: code(1) }, { kind: 'rateLimited', until: 1_900_000 }],
	[
		'a limit that is over by our clock',
		{ result: failed('rateLimit'), rejected: { until: 5 }, exit: code(1) },
		{ kind: 'rateLimited', until: 1_010_000 },
	],
	[
		'a limit that ends after all days',
		{ result: failed('rateLimit'), rejected: { until: 2e18 }, exit: code(1) },
		{ kind: 'rateLimited', until: 8.64e15 },
	],
	['a limit that was waited out', { rejected: { until: 5 } }, { kind: 'finished' }],
	['its own limit of turns', { result: failed('turns'), exit: code(1) }, { kind: 'overBudget', which: 'turns' }],
	['its own limit of cost', { result: failed('cost'), exit: code(1) }, { kind: 'overBudget', which: 'cost' }],
	[
		'death in the middle',
		{ result: null, exit: { kind: 'signal', signal: 'SIGKILL' } },
		{ kind: 'forced', reason: 'was ended by SIGKILL' },
	],
	['a silent good end without a result', { result: null }, { kind: 'forced' }],
	[
		'no session',
		{ result: null, hasStarted: false, exit: code(1), lastError: 'no key' },
		{ kind: 'crashed', reason: 'ended with 1: no key' },
	],
	[
		'an unknown session to resume',
		{ result: failed('other'), hasStarted: false, exit: code(1) },
		{ kind: 'crashed', reason: 'why' },
	],
	[
		'a missing program',
		{ exit: { kind: 'notStarted', reason: 'not found' }, result: null, hasStarted: false },
		{ kind: 'crashed', reason: 'could not be started: not found' },
	],
	[
		'a stop outranks a good result',
		{ endedByUs: { kind: 'stopped', reason: 'frozen' } },
		{ kind: 'stopped', reason: 'frozen' },
	],
	[
		'silence',
		{ endedByUs: { kind: 'inactive', evidence: 'x' }, exit: { kind: 'signal', signal: 'SIGTERM' } },
		{ kind: 'inactive', evidence: 'x' },
	],
	[
		'a program that lingers after its last word',
		{ wasLetGo: true, exit: { kind: 'signal', signal: 'SIGTERM' } },
		{ kind: 'finished' },
	],
	['a script that ends well', { reports: false, result: null, hasStarted: false }, { kind: 'finished' }],
	[
		'a script that fails',
		{ reports: false, result: null, exit: code(3), lastError: 'oops' },
		{ kind: 'forced', reason: 'ended with 3: oops' },
	],
];

describe('decideOutcome', () => {
	test.each(cases)('decides %s', (_, change, expected) => {
		expect(decideOutcome({ ...clean, ...change })).toMatchObject(expected);
	});
});
