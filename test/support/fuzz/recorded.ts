/**
 * Frames as they really travel: a small mesh with a home, a gateway, two laptops and a worker lives through additions,
 * edits, texts and a landing, and what goes over each protocol is noted.
 */
import type { ProjectIndex } from '../../../shared/documents/index.ts';
import { type MeshProtocol, meshProtocols } from '../../../shared/ports/index.ts';
import { SimChannel } from '../../../shared/ports/sim/sim-channel.ts';
import { SyncMesh } from '../sync-mesh.ts';
import { WholeMesh } from '../whole-mesh.ts';

export interface Recorded extends Readonly<Record<MeshProtocol, readonly Uint8Array[]>> {
	/** What the index of the small project was, publication by publication. */
	readonly indexes: readonly string[];
}

/** What tells two states of an index apart. */
export function indexState({ generation, stateHash, facts }: ProjectIndex): string {
	return `${generation} ${stateHash} ${facts.revision}`;
}

/** Of each protocol and length one, so that the common ones do not crowd out the rest. */
const framesMax = 400;

let recorded: Promise<Recorded> | undefined;

/** The same for all who ask in one process. */
export function recordedFrames(): Promise<Recorded> {
	recorded ??= record();
	return recorded;
}

async function record(): Promise<Recorded> {
	const frames = new Map(meshProtocols.map((protocol) => [protocol, new Map<string, Uint8Array>()]));
	let indexes: readonly string[] = [];
	const { send } = SimChannel.prototype;
	SimChannel.prototype.send = function (this: SimChannel, frame) {
		const known = frames.get(this.protocol);
		const kind = `${frame.byteLength} ${Buffer.from(frame.subarray(0, 12)).toString('latin1')}`;
		if (known && known.size < framesMax) known.set(kind, new Uint8Array(frame));
		return send.call(this, frame);
	};
	try {
		await liveTogether();
		indexes = await writeTogether();
	} finally {
		SimChannel.prototype.send = send;
	}
	const of = (protocol: MeshProtocol): readonly Uint8Array[] => [...(frames.get(protocol)?.values() ?? [])];
	return {
		'/gangline/join/1': of('/gangline/join/1'),
		'/gangline/sync/1': of('/gangline/sync/1'),
		'/gangline/rpc/1': of('/gangline/rpc/1'),
		'/gangline/pack/1': of('/gangline/pack/1'),
		'/gangline/ssh/1': of('/gangline/ssh/1'),
		indexes,
	};
}

/** Wishes, questions, work and a landing. */
async function liveTogether(): Promise<void> {
	const mesh = await WholeMesh.start('recorded', ['desk', 'gate', 'ann'], { workers: ['box'] });
	const key = (n: number): string => `01JZ0000000000000000000${String(n).padStart(3, '0')}`;
	for (const n of [1, 2, 3]) {
		const args = { title: `Item ${n}`, type: 'story', held: n === 3, description: 'What is to be done\n' };
		const draft = { by: 'user', who: 'ann', item: key(n), event: 'add', args } as const;
		await mesh.during(mesh.seat('ann').replica.submit([draft], { waitMs: 2_000 }));
	}
	await mesh.run(6_000, 100);
	await mesh.stop();
}

/** Texts, closed generations, refusals. */
async function writeTogether(): Promise<readonly string[]> {
	const mesh = await SyncMesh.start('recorded', ['home', 'laptop', 'tablet'], { items: ['a', 'b'] });
	for (const [name, words] of [
		['home', 'one line\nand another\n'],
		['laptop', 'one line\nbetween 😀\nand another\n'],
	] as const) {
		await (await mesh.node(name).project.text('a'))?.replace(words);
		await mesh.run(300);
	}
	mesh.home.sync.setPresence('worker', { slots: 2, uses: ['a'] });
	const indexes = [indexState(mesh.home.project.index)];
	for (let round = 0; round < 3; round++) {
		await mesh.home.project.publish(({ items }) => ({ items: { ...items } }));
		indexes.push(indexState(mesh.home.project.index));
		await mesh.run(300);
	}
	await mesh.stop();
	return indexes;
}
