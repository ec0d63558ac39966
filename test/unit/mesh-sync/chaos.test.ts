/**
 * Random edits, partitions, flaps, crashes with what the disk kept; then the weather clears and all are equal [I1]. On the
 * way nobody is believed to have what is not on its disk [I6], and at the end nothing that an author was promised is gone.
 */
import { describe, expect, it } from 'vitest';
import type { AuthorId } from '../../../shared/ports/index.ts';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import { makeItem, projectOne } from '../../support/facts.ts';
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
		const promised = new Map<AuthorId, number>();
		for (let step = 0; step < 80; step++) {
			done.add(await act(mesh, random, { node: random.pick([...mesh.nodes.values()]), promised }));
			await mesh.run(random.below(400), 10);
			expect(believedTooMuch(mesh), `seed ${seed}`).toEqual([]);
		}
		for (const node of mesh.nodes.values()) if (!node.isUp) await node.start(mesh);
		mesh.net.heal();
		await mesh.until(() => mesh.isEqual(), 90_000);
		expect(mesh.complaints(), `seed ${seed}`).toEqual([]);
		for (const [author, n] of promised) expect(mesh.home.project.logs.durableUpTo(author)).toBeGreaterThanOrEqual(n);
		expect([...done]).toEqual(expect.arrayContaining(['append', 'crash', 'cut', 'publish', 'write']));
	} finally {
		await mesh.stop();
	}
}

/** What somebody thinks that another node has on disk and it has not. */
function believedTooMuch(mesh: SyncMesh): readonly string[] {
	const up = [...mesh.nodes.values()].filter(({ isUp }) => isUp);
	return up.flatMap((one) =>
		up.flatMap((other) => {
			const { logs, index } = other.project;
			const wrong = one.project.logs
				.digests()
				.filter(({ author }) => one.sync.acknowledged(projectOne, author, other.id) > logs.durableUpTo(author))
				.map(({ author }) => `${one.name} believes that ${other.name} has ${author}`);
			const isSame = one.project.index.generation === index.generation;
			const revision = one.sync.storedRevision(projectOne, other.id);
			return isSame && revision > index.facts.revision ? [...wrong, `${one.name} ${other.name} ${revision}`] : wrong;
		}),
	);
}

/** One random thing that happens; answers what it was. Nothing waits for the disk. */
async function act(
	mesh: SyncMesh,
	random: SimRandom,
	{ node, promised }: { readonly node: SyncNode; readonly promised: Map<AuthorId, number> },
): Promise<string> {
	if (!node.isUp) {
		await node.start(mesh);
		return 'start';
	}
	const other = random.pick([...mesh.nodes.values()].filter((one) => one !== node));
	const dice = random.below(100);
	if (dice < 30) return write(node, random);
	if (dice < 55) {
		const { author } = node.project;
		void author.append([draftOf('start'), draftOf('freeze')].slice(random.below(2))).then((intents) => {
			promised.set(author.author, intents.at(-1)?.n ?? 0);
		});
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
