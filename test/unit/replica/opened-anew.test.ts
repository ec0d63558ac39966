/** A replica is closed and opened again by the same process: its project was taken out of the mesh and came back. */
import { expect, it } from 'vitest';
import { toBase64 } from '../../../shared/log/index.ts';
import type { ItemDraft } from '../../../shared/operations/index.ts';
import { settle } from '../../../shared/ports/sim/index.ts';
import { ProjectReplica } from '../../../shared/replica/index.ts';
import { projectId, ReplicaMesh } from '../../support/replica-mesh.ts';

const add = (n: number): ItemDraft => ({
	...{ by: 'user', who: 'bob', item: `01JZ0000000000000000000${String(n).padStart(3, '0')}`, event: 'add' },
	args: { title: `Item ${n}`, type: 'story', held: true },
});

it('[I6] passes on all that it has, also what was on its way to the disk when it was closed', async () => {
	const mesh = await ReplicaMesh.start({ seed: 'opened anew', nodes: ['desk', 'gate', 'ann', 'bob'] });
	const [bob, ann, gate] = ['bob', 'ann', 'gate'].map((name) => mesh.replica(name));
	if (!bob || !ann || !gate) throw new Error('there are three replicas');
	for (const n of [1, 2, 3]) {
		const saying = bob.submit([add(n)], { waitMs: 10 });
		await mesh.clock.advance(10);
		await saying;
	}
	const author = bob.logs.digests().find(({ n }) => n === 3)?.author;
	if (!author) throw new Error('bob has said three things');
	const [first, second, third] = await bob.logs.flushesAfter(author, 0);
	if (!first || !second || !third) throw new Error('in three flushes');

	const { store, disk, identity } = mesh.node('ann');
	await ann.logs.receive(first, 'bob');
	disk.holdSyncs();
	const receiving = ann.logs.receive(second, 'bob');
	const { clock, log, random } = mesh;
	const reopening = ann[Symbol.asyncDispose]().then(() =>
		ProjectReplica.open({
			...{ store, clock, log, random, identity, project: projectId, name: () => 'app' },
			home: () => ({ node: mesh.id('desk'), key: toBase64(mesh.node('desk').identity.publicKey) }),
			nodeName: (node) => node,
			rightsOf: () => [],
		}),
	);
	for (let turn = 0; turn < 20; turn += 1) await settle();
	disk.releaseSyncs();
	const again = await reopening;
	await receiving;
	for (const bytes of [second, third]) await again.logs.receive(bytes, 'bob');
	for (const bytes of await again.logs.flushesAfter(author, 0)) await gate.logs.receive(bytes, 'ann');
	expect(gate.logs.durableUpTo(author)).toBe(3);
});
