/** The node's own limits of a session, where the kernel cannot be asked. */
import { expect, test } from 'vitest';
import { SessionWatch } from '../../../node/agents/session-watch.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';

test('[I12] a tree that nobody can look at is not called stuck, and is when it can be looked at again', async () => {
	const clock = new SimClock();
	const ended: unknown[] = [];
	let isBlind = true;
	const watch = new SessionWatch({
		clock,
		limits: { timeout_seconds: 10_000, silence_seconds: 10 },
		activity: () => (isBlind ? null : { processes: 1, cpuMs: 5, names: ['7 agent S'] }),
		onLog: () => undefined,
		onPassed: (outcome) => ended.push(outcome),
	});
	await clock.advance(200_000);
	expect(ended).toEqual([]);
	isBlind = false;
	await clock.advance(60_000);
	expect(ended).toMatchObject([{ kind: 'inactive' }]);
	watch.stop();
});
