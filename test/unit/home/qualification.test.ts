/** Whether main has been seen to be green here, when it is judged again, and what people are told of it. */
import { describe, expect, it } from 'vitest';
import { Qualification, redMain, sawWords } from '../../../node/home/qualification.ts';
import { parseCommitId } from '../../../shared/ports/index.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import { projectConfigSchema } from '../../../shared/project/index.ts';
import type { GateVerdict, TreeVerdict } from '../../../shared/protocol/work.ts';
import { passedGate } from '../../support/sim-worker.ts';

const config = projectConfigSchema.parse({ id: '01K0000000000000000000000A', name: 'app', branch: 'main' });
const main = parseCommitId('a'.repeat(40));
const red: GateVerdict = { ...passedGate, outcome: 'failed', why: 'two tests fail' };

const verdict = (gates: readonly GateVerdict[]): TreeVerdict => ({
	...{ tree: 'tree', gateSet: 'set', gates: [...gates] },
	passed: gates.every(({ outcome }) => outcome === 'passed'),
});

/** A machine on which main is judged as `answer` says now. */
function open(answer: () => Promise<TreeVerdict>) {
	const clock = new SimClock();
	const waiting: (() => void)[] = [];
	let judged = 0;
	const qualification = new Qualification({
		...{ clock, log: new SimLog() },
		verdict: () => {
			judged += 1;
			return answer();
		},
		onChange: () => {
			for (const wake of waiting.splice(0)) wake();
		},
	});
	const changed = () => new Promise<void>((resolve) => waiting.push(resolve));
	return { qualification, clock, changed, judged: () => judged };
}

describe('whether main is green here', () => {
	it('is not known at first, judged once in the background, and kept as long as main stays', async () => {
		const { qualification, changed, judged } = open(async () => verdict([{ ...passedGate, seconds: 14 }]));
		const seen = changed();
		expect(qualification.ask(main, config)).toMatchObject({
			ready: false,
			reason: expect.stringContaining('run once'),
		});
		qualification.ask(main, config);
		await seen;
		expect(qualification.ask(main, config)).toMatchObject({ ready: true, reason: null, saw: '1 gate, 14 s' });
		expect(judged()).toBe(1);
		const again = changed();
		qualification.ask(parseCommitId('b'.repeat(40)), config);
		await again;
		expect(judged()).toBe(2);
	});

	it('[I12] is asked again by itself when it was red for a while, or when the machine may have been mended', async () => {
		let isMended = false;
		const { qualification, clock, changed, judged } = open(async () => verdict(isMended ? [passedGate] : [red]));
		const first = changed();
		qualification.ask(main, config);
		await first;
		expect(qualification.ask(main, config).reason).toBe('main is red: gate check: two tests fail');
		expect(judged()).toBe(1);
		const second = changed();
		await clock.advance(5 * 60_000);
		qualification.ask(main, config);
		await second;
		isMended = true;
		const third = changed();
		qualification.again();
		qualification.ask(main, config);
		await third;
		expect(qualification.state.ready).toBe(true);
		expect(judged()).toBe(3);
	});

	it('[I12] is asked again in time though the clock of the machine is set back, and after what was mended while gates ran', async () => {
		const { qualification, clock, changed, judged } = open(async () => verdict([red]));
		const first = changed();
		qualification.ask(main, config);
		await first;
		clock.jump(-86_400_000);
		await clock.advance(5 * 60_000);
		const second = changed();
		qualification.ask(main, config);
		expect(judged()).toBe(2);
		qualification.again();
		await second;
		const third = changed();
		qualification.ask(main, config);
		expect(judged()).toBe(3);
		await third;
		qualification.ask(main, config);
		expect(judged()).toBe(3);
	});

	it('says why main could not be judged at all', async () => {
		let error: unknown = new Error('no room for a checkout');
		const { qualification, changed } = open(() => Promise.reject(error));
		const first = changed();
		qualification.ask(main, config);
		await first;
		expect(qualification.state.reason).toBe('main could not be judged: no room for a checkout');
		error = 'a thing that is no error';
		const second = changed();
		qualification.again();
		qualification.ask(main, config);
		await second;
		expect(qualification.state.reason).toContain('a thing that is no error');
	});
});

describe('what was seen', () => {
	const tested = (passed: number): GateVerdict => ({
		...{ ...passedGate, seconds: 2 },
		tests: { passed, failed: 0, skipped: 0 },
	});

	it.each([
		[[], 'no gates'],
		[[passedGate], '1 gate, 1 s'],
		[[passedGate, passedGate], '2 gates, 2 s'],
		[[tested(1)], '1 test, 2 s'],
		[[tested(200), tested(12)], '212 tests, 4 s'],
	])('is said in a few words: %#', (gates, words) => {
		expect(sawWords(verdict(gates))).toBe(words);
	});

	it('names the gate that fails, where one is to blame', () => {
		expect(redMain([passedGate, red])).toBe('main is red: gate check: two tests fail');
		expect(redMain([])).toBe('main is red');
	});
});
