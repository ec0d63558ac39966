/**
 * A home, a gateway and a laptop on real stores in real folders, filled once and closed; then again and again one of the
 * stores is damaged and the mesh opened on copies, until all have told each other everything. All that was acknowledged
 * must then be everywhere again: a replica fetches it from the home, a home from its replicas before it begins anew.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ItemDraft } from '../../../shared/operations/index.ts';
import { GanglineError, type Store } from '../../../shared/ports/index.ts';
import type { SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { openStore } from '../../../shared/store/index.ts';
import { ReplicaMesh } from '../replica-mesh.ts';
import { harmOneFile } from './damage.ts';

export type Victim = 'desk' | 'ann';

export interface DamageCount {
	/** Nothing that was acknowledged had changed: the byte was dead. */
	dead: number;
	/** Named at opening, and set aside. */
	named: number;
	/** LevelDB could not open it; nothing was changed, and a person moves it away. */
	refused: number;
	readonly wrong: string[];
}

const names = ['desk', 'gate', 'ann'] as const;
const itemKey = (n: number): string => `01JZ0000000000000000000${String(n).padStart(3, '0')}`;
const items = 12;

export class DamagedMesh {
	readonly #folder: string;
	readonly #seed: string;
	/** Everything that was acknowledged: titles by item, and what stands in their texts. */
	readonly #titles = new Map<string, string>();
	readonly #texts = new Map<string, string>();
	#runs = 0;
	/** What the closed stores hold, by name. */
	readonly #digests = new Map<string, string>();

	constructor(folder: string, seed: string) {
		this.#folder = folder;
		this.#seed = seed;
	}

	/** Fills the stores: items and edits by home and laptop, texts by both, a restart in between, logs partly trimmed. */
	async fill(): Promise<void> {
		const at = join(this.#folder, 'template');
		mkdirSync(at);
		const mesh = await this.#open(at, `${this.#seed} fill`);
		for (let n = 0; n < items; n++) {
			await this.#want(mesh, n, { event: 'add', args: { title: `item ${n}`, type: 'story', held: true } });
		}
		await mesh.home().exchange.tidy();
		await mesh.pump();
		for (const name of names) {
			await close(mesh, name);
			await mesh.boot(name);
		}
		for (let n = 0; n < 2 * items; n++) {
			await this.#want(mesh, n % items, { event: 'edit', args: { title: `title ${n}` } });
			if (n % 4 === 0) await this.#write(mesh, n % items, `line ${n}\n`);
		}
		for (const name of names) {
			await close(mesh, name);
			const store = await openStore(join(at, name), { log: mesh.log });
			this.#digests.set(name, await digestOf(store));
			await store.close();
		}
	}

	/** Damages one store, opens all, lets them talk, and judges. */
	async run(victim: Victim, random: SimRandom, count: DamageCount): Promise<void> {
		const at = join(this.#folder, 'run');
		const putBack = this.#copyTo(at);
		const what = `${victim}: ${harmOneFile(join(at, victim), random)}`;
		const seen: Opening = { kind: 'dead', wrong: [], stores: [] };
		try {
			this.#runs += 1;
			const seed = `${this.#seed} run ${this.#runs}`;
			const mesh = await this.#open(at, seed, (name, log) =>
				this.#openSeen(join(at, name), log, name === victim, seen),
			);
			const wrong = [...seen.wrong, ...(await this.#judge(mesh))];
			count.wrong.push(...wrong.map((sentence) => `${what} (${seen.kind}): ${sentence}`));
		} catch (error) {
			// As its hint says, a home goes on from a backup, which is another test.
			const isRefusal = victim === 'desk' && seen.kind === 'refused';
			if (!isRefusal) count.wrong.push(`${what} (${seen.kind}): ${error instanceof Error ? error.stack : error}`);
		}
		for (const store of seen.stores) await store.close();
		count[seen.kind] += 1;
		putBack();
	}

	/** The mark stays the same file, or the store would count as a copy. */
	#copyTo(at: string): () => void {
		const template = join(this.#folder, 'template');
		cpSync(template, at, { recursive: true, filter: (path) => !path.endsWith('/mark') });
		const marks = names.map((name) => [join(template, name, 'mark'), join(at, name, 'mark')] as const);
		const contents = marks.map(([mark]) => readFileSync(mark));
		for (const [mark, copy] of marks) linkSync(mark, copy);
		return () => {
			for (const [number, [mark]] of marks.entries()) writeFileSync(mark, contents[number] ?? '');
			rmSync(at, { recursive: true });
		};
	}

	async #openSeen(path: string, log: SimLog, isVictim: boolean, seen: Opening): Promise<Store> {
		const store = isVictim ? await this.#openDamaged(path, log, seen) : await openStore(path, { log });
		seen.stores.push(store);
		return store;
	}

	async #openDamaged(path: string, log: SimLog, seen: Opening): Promise<Store> {
		try {
			const store = await openStore(path, { log });
			if (store.damaged.length > 0) seen.kind = 'named';
			else if ((await digestOf(store)) !== this.#digests.get(basename(path))) {
				seen.wrong.push('the damage was not noticed');
			}
			for (const { quarantine } of store.damaged) {
				if (!existsSync(join(quarantine, 'report.txt'))) seen.wrong.push(`${quarantine} has no report`);
			}
			return store;
		} catch (error) {
			if (!(error instanceof GanglineError) || error.code !== 'STORE_DAMAGED') throw error;
			seen.kind = 'refused';
			if (basename(path) === 'desk') throw error;
			// As its hint says: a replica begins anew.
			renameSync(path, `${path}.damaged`);
			return openStore(path, { log });
		}
	}

	async #judge(mesh: ReplicaMesh): Promise<readonly string[]> {
		const home = mesh.home();
		const isAtRest = (): boolean =>
			['gate', 'ann'].every((name) => {
				const replica = mesh.replica(name);
				return replica.index.stateHash === home.exchange.index.stateHash && replica.pending().length === 0;
			});
		const wrong = (await settle(mesh, isAtRest)) ? [] : ['home and replicas stay different'];
		for (const [key, title] of this.#titles) {
			const found = home.home.item(key)?.title;
			if (found !== title) wrong.push(`${key} is called ${found}, acknowledged was ${title}`);
		}
		for (const [key, text] of this.#texts) {
			for (const part of [home.exchange, mesh.replica('ann')]) {
				const found = (await part.text(key))?.text;
				if (found !== text)
					wrong.push(`the text of ${key} is ${JSON.stringify(found)}, it was ${JSON.stringify(text)}`);
			}
		}
		return wrong;
	}

	async #want(mesh: ReplicaMesh, n: number, wish: Pick<ItemDraft, 'event' | 'args'>): Promise<void> {
		const item = itemKey(n);
		const isHome = n % 2 === 0;
		const draft: ItemDraft = { by: 'user', who: isHome ? 'desk' : 'ann', item, ...wish };
		if (isHome) await mesh.home().home.submit('edge', [draft]);
		else {
			void mesh.replica('ann').submit([draft], { waitMs: 1 });
			await mesh.replica('ann').idle();
		}
		const title = String(wish.args?.title);
		this.#titles.set(item, title);
		const isKnown = (): boolean => names.every((name) => titleAt(mesh, name, item) === title);
		if (!(await settle(mesh, isKnown))) throw new RangeError(`${title} does not get round`);
	}

	async #write(mesh: ReplicaMesh, n: number, line: string): Promise<void> {
		const key = itemKey(n);
		const part = n % 2 === 0 ? mesh.home().exchange : mesh.replica('ann');
		const whole = `${this.#texts.get(key) ?? ''}${line}`;
		await (await part.text(key))?.replace(whole);
		this.#texts.set(key, whole);
		const others = [mesh.home().exchange, mesh.replica('gate'), mesh.replica('ann')];
		const texts = await Promise.all(others.map((other) => other.text(key)));
		await settle(mesh, () => texts.every((text) => text?.text === whole));
	}

	#open(at: string, seed: string, open = openIn(at)): Promise<ReplicaMesh> {
		return ReplicaMesh.start({ seed, keys: this.#seed, nodes: names, openStore: open });
	}
}

interface Opening {
	kind: 'dead' | 'named' | 'refused';
	readonly wrong: string[];
	readonly stores: Store[];
}

const openIn =
	(at: string) =>
	(name: string, log: SimLog): Promise<Store> =>
		openStore(join(at, name), { log });

/** Of every pair in the store. */
async function digestOf(store: Store): Promise<string> {
	const hash = createHash('sha256');
	for await (const chunk of store.dump()) hash.update(chunk);
	return hash.digest('hex');
}

async function close(mesh: ReplicaMesh, name: string): Promise<void> {
	const node = mesh.node(name);
	node.home = null;
	node.replica = null;
	await node.store.close();
}

function titleAt(mesh: ReplicaMesh, name: string, item: string): string | undefined {
	const facts = name === 'desk' ? mesh.home().home.facts : mesh.replica(name).facts;
	return facts.items[item]?.title;
}

const settleRoundsMax = 200;

/** Carries everything round until `isDone`; disks answer when they like. */
async function settle(mesh: ReplicaMesh, isDone: () => boolean): Promise<boolean> {
	for (let round = 0; round < settleRoundsMax; round++) {
		await mesh.pump();
		if (round > 0 && isDone()) return true;
		await new Promise((resolve) => setImmediate(resolve));
	}
	return false;
}
