/** Random edits, partitions, flaps, crashes with what the disk kept; then the weather clears and all are equal [I1]. */
import { describe, expect, it } from 'vitest';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import { makeItem } from '../../support/facts.ts';
import { draftOf, SyncMesh, type SyncNode } from '../../support/sync-mesh.ts';

const seeds = (process.env.SYNC_SEEDS ?? '1,2,3').split(',').map(Number);
const hub = ['home', 'gateway', 'laptop', 'desk', 'box'];
const star = hub.slice(2).map((name) => ['gateway', name] as const);

describe('sync in bad weather', () => {
	for (const seed of seeds) {
		it(`[I1] ends with two equal replicas (seed ${seed})`, () => storm(seed, ['home', 'laptop']));
		it(`[I1] ends with five equal replicas, some only over others (seed ${seed})`, () =>
			storm(seed, hub, [['home', 'gateway'], ...star, ['home', 'desk']]));
	}
});

async function storm(seed: number, names: readonly string[], pairs?: readonly (readonly [string, string])[]) {
	const mesh = await SyncMesh.start(seed, names, { items: ['a', 'b', 'c'], connectionMsMean: 20_000 }, pairs);
	try {
		const random = mesh.random.fork('storm');
		const done = new Set<string>();
		for (let step = 0; step < 80; step++) {
			done.add(await act(mesh, random, random.pick([...mesh.nodes.values()])));
			await mesh.run(random.below(400), 10);
		}
		for (const node of mesh.nodes.values()) if (!node.isUp) await node.start(mesh);
		mesh.net.heal();
		await mesh.until(() => mesh.isEqual(), 90_000);
		expect(mesh.complaints(), `seed ${seed}`).toEqual([]);
		expect([...done].sort()).toEqual(
			expect.arrayContaining(['append', 'crash', 'cut', 'heal', 'publish', 'start', 'write']),
		);
	} finally {
		await mesh.stop();
	}
}

/** One random thing that happens; answers what it was. Nothing waits for the disk. */
async function act(mesh: SyncMesh, random: SimRandom, node: SyncNode): Promise<string> {
	if (!node.isUp) {
		await node.start(mesh);
		return 'start';
	}
	const other = random.pick([...mesh.nodes.values()].filter((one) => one !== node));
	const dice = random.below(100);
	if (dice < 30) return write(node, random);
	if (dice < 55) {
		void node.project.author.append([draftOf('start'), draftOf('freeze')].slice(random.below(2)));
		return 'append';
	}
	if (dice < 75) return publish(mesh.home, random);
	if (dice < 83) {
		mesh.net.partition(node.id, other.id);
		return 'cut';
	}
	if (dice < 90) {
		mesh.net.heal(node.id, other.id);
		return 'heal';
	}
	if (dice < 94) return begin(mesh.home);
	node.crash(mesh);
	return 'crash';
}

async function write(node: SyncNode, random: SimRandom): Promise<string> {
	const text = await node.project.text(random.pick(['a', 'b', 'c']));
	if (!text) return 'unknown';
	const words = text.text.split(' ');
	words.splice(random.below(words.length + 1), random.below(2), `${node.name}${random.below(1000)}`);
	void text.replace(words.join(' '));
	return 'write';
}

function publish(home: SyncNode, random: SimRandom): string {
	if (!home.isUp) return 'down';
	const key = `i${random.below(20)}`;
	void home.project.publish(({ items, nextNumber }) => ({
		items: { ...items, [key]: makeItem(key, { number: nextNumber, title: `title ${random.below(1000)}` }) },
		nextNumber: nextNumber + 1,
	}));
	return 'publish';
}

async function begin(home: SyncNode): Promise<string> {
	if (!home.isUp) return 'down';
	await home.project.beginGeneration();
	home.sync.add(home.project);
	return 'generation';
}
