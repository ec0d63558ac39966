/**
 * An hour in which nothing is to be done: nobody begins an agent, and an agent is the only part of the system that asks
 * a model. Every timer of the home, the workers, the gateway and a laptop fires; what rests, rests in every way it can.
 */
import { afterEach, expect, test } from 'vitest';
import type { ItemDraft } from '../../shared/operations/index.ts';
import { WholeMesh } from '../support/whole-mesh.ts';

const hourMs = 3_600_000;
const key = (n: number): string => `01K0TASK000000000000000${String(n).padStart(3, '0')}`;

let mesh: WholeMesh;
afterEach(() => mesh.stop());

const begun = (): number =>
	mesh.workers.reduce((sum, { log }) => sum + log.lines.filter(({ event }) => event === 'attempt.begun').length, 0);

test('[I12] begins no agent while there is nothing to do, so that no model is asked', async () => {
	mesh = await WholeMesh.start('idle hour', ['desk', 'gate', 'ann'], { workers: ['w1', 'w2'], workMs: [1_000, 2_000] });
	const { home } = mesh.home();
	const say = (item: string, event: string, args: ItemDraft['args'] = {}): ItemDraft => ({
		...{ by: 'user', who: 'desk', item, event, args },
	});
	const add = (n: number, args: object): ItemDraft =>
		say(key(n), 'add', { title: `Item ${n}`, type: 'story', description: '```sh\ntrue\n```', ...args });
	await mesh.during(
		home.submit('edge', [
			...[1, 2, 3].map((n) => add(n, {})),
			add(4, { held: true }),
			add(5, { upcoming: true }),
			add(6, { dependsOn: [key(4)] }),
			add(7, { type: 'epic' }),
			add(8, { held: true }),
			say(key(8), 'freeze'),
		]),
	);
	await mesh.until(() => [1, 2, 3].every((n) => home.facts.items[key(n)]?.stage.kind === 'done') && mesh.isSettled());
	const [before, revision] = [begun(), home.facts.revision];
	expect(before).toBe(3);
	await mesh.run(hourMs, 1_000);
	expect([begun(), home.facts.revision]).toEqual([before, revision]);
	expect(mesh.complaints()).toEqual([]);
	await mesh.during(home.submit('edge', [say(key(8), 'unfreeze'), say(key(8), 'edit', { held: false })]));
	await mesh.until(() => home.facts.items[key(8)]?.stage.kind === 'done');
	expect(begun()).toBe(before + 1);
});
