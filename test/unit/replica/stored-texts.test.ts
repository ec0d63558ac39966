/** What a person wrote at an item is offered by later processes, also where its item was not known at their start. */
import { expect, it } from 'vitest';
import type { ItemDraft } from '../../../shared/operations/index.ts';
import { ReplicaMesh } from '../../support/replica-mesh.ts';

const item = '01JZ0000000000000000000001';
const add: ItemDraft = {
	...{ by: 'user', who: 'ann', item, event: 'add' },
	args: { title: 'One', type: 'story', held: true },
};

it('[I6] is offered as soon as the facts have come back that its disk had lost', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'a text whose item is lost' });
	const adding = mesh.replica('ann').submit([add], { waitMs: 2_000 });
	await mesh.pump();
	await mesh.clock.advance(2_000);
	await adding;
	mesh.isolate('ann');
	await mesh.replica('ann').openTexts.write(item, 'written while nobody could hear it');
	await mesh.replica('ann').idle();
	const { store } = mesh.node('ann');
	const lost = store.streams().filter((name) => name.includes('/index/'));
	await store.write(lost.map((stream) => ({ kind: 'drop', stream }) as const));
	mesh.crash('ann');
	await mesh.boot('ann');
	expect(mesh.replica('ann').views().has(item)).toBe(false);
	mesh.heal();
	await mesh.pump();
	await mesh.pump();
	expect(
		mesh
			.replica('ann')
			.texts()
			.map(({ text }) => text),
	).toEqual(['written while nobody could hear it']);
	expect((await mesh.home().exchange.text(item))?.text).toBe('written while nobody could hear it');
});
