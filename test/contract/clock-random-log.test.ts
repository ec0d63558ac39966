/** The ports Clock, Random and Log: one suite each, run on the system's adapter and on its twin. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, type Log, pause, type Random, randomFraction, randomHex } from '../../shared/ports/index.ts';
import { SimClock, SimLog, SimRandom } from '../../shared/ports/sim/index.ts';
import { openPinoLog, SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';

interface ClockSubject {
	readonly clock: Clock;
	/** Lets at least `ms` pass. */
	readonly pass: (ms: number) => Promise<void>;
}

const systemClock = (): ClockSubject => {
	const clock = new SystemClock();
	return { clock, pass: (ms) => pause(clock, ms + 5) };
};
const simClock = (): ClockSubject => {
	const clock = new SimClock();
	return { clock, pass: (ms) => clock.advance(ms) };
};

describe.each([
	['SystemClock', systemClock],
	['SimClock', simClock],
] as const)('%s', (_, makeSubject) => {
	it('goes forward and never back', async () => {
		const { clock, pass } = makeSubject();
		const [now, monotonic] = [clock.now(), clock.monotonic()];
		await pass(3);
		expect(clock.monotonic()).toBeGreaterThanOrEqual(monotonic + 3);
		expect(clock.now()).toBeGreaterThan(now);
		expect(Number.isInteger(clock.now())).toBe(true);
	});

	it('runs each action once, in the order of their times, and none that was cancelled', async () => {
		const { clock, pass } = makeSubject();
		const ran: string[] = [];
		clock.after(12, () => ran.push('late'));
		clock.after(1, () => ran.push('early'));
		const cancel = clock.after(5, () => ran.push('cancelled'));
		cancel();
		cancel();
		await pass(20);
		await pass(20);
		expect(ran).toEqual(['early', 'late']);
	});

	it('waits for longer than its timers can, and can be called off', async () => {
		const { clock, pass } = makeSubject();
		let hasRun = false;
		const cancel = clock.after(2 ** 31 + 1000, () => {
			hasRun = true;
		});
		await pass(5);
		expect(hasRun).toBe(false);
		cancel();
	});

	it('pauses, and ends a pause at once when it is aborted', async () => {
		const { clock, pass } = makeSubject();
		const paused = pause(clock, 2);
		await pass(2);
		await paused;
		const controller = new AbortController();
		const aborted = pause(clock, 60_000, controller.signal);
		controller.abort(new Error('stop'));
		await expect(aborted).rejects.toThrow('stop');
		await expect(pause(clock, 1, controller.signal)).rejects.toThrow('stop');
	});
});

describe.each([
	['SystemRandom', (): Random => new SystemRandom()],
	['SimRandom', (): Random => new SimRandom('seed')],
] as const)('%s', (_, makeRandom) => {
	it('gives as many bytes as it is asked for, fresh ones each time', () => {
		const random = makeRandom();
		for (const length of [0, 1, 63, 64, 65, 1000, 4096, 5000]) expect(random.bytes(length).length).toBe(length);
		const drawn = new Set(Array.from({ length: 1000 }, () => randomHex(random, 8)));
		expect(drawn.size).toBe(1000);
	});

	it('spreads evenly', () => {
		const random = makeRandom();
		const mean = Array.from({ length: 4000 }, () => randomFraction(random)).reduce((a, b) => a + b) / 4000;
		expect(mean).toBeGreaterThan(0.45);
		expect(mean).toBeLessThan(0.55);
	});
});

describe('Log', () => {
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), 'gangline-log-'));
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	const pinoSubject = (name: string) => {
		const path = join(folder, 'logs', name);
		return {
			log: openPinoLog({ to: path }) as Log,
			lines: (): unknown[] =>
				readFileSync(path, 'utf8')
					.trim()
					.split('\n')
					.map((line) => JSON.parse(line)),
		};
	};
	const simSubject = () => {
		const log = new SimLog();
		return {
			log: log as Log,
			lines: (): unknown[] => log.lines.map(({ fields, ...line }) => ({ ...line, ...fields })),
		};
	};

	it.each([
		['PinoLog', pinoSubject],
		['SimLog', simSubject],
	] as const)('%s writes one line per event, with level, event and all fields', (name, makeSubject) => {
		const { log, lines } = makeSubject(name);
		log.info('item.changed', { from: 'coding', to: 'qa' });
		log.child({ project: 'p' }).child({ item: 'i' }).warn('agent.silent', { seconds: 3 });
		log.error('store.failed');
		expect(lines()).toMatchObject([
			{ level: 'info', event: 'item.changed', from: 'coding', to: 'qa' },
			{ level: 'warn', event: 'agent.silent', project: 'p', item: 'i', seconds: 3 },
			{ level: 'error', event: 'store.failed' },
		]);
	});
});
