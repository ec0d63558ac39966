/**
 * Records homes that land (landing-home.ts: real git, real store), one killed and one that ends, and judges what a power
 * cut leaves of the repository and the store together. In the long form some images are taken up again by a home that
 * lands the rest.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { currentGeneration, ProjectIndex } from '../../../shared/documents/index.ts';
import { loadOrCreateIdentity } from '../../../shared/log/index.ts';
import { SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { openStore } from '../../../shared/store/index.ts';
import { type JudgedItem, MainWitness, wrongAtTheEnd } from '../landing-judge.ts';
import { filesOf, landingHome, makeRepository } from '../landing-yard.ts';
import type { Cut, Recording } from './recording.ts';

const project = '01K00000000000000000000000';

export class LandingCuts {
	readonly #recording: Recording;
	readonly #files: ReadonlyMap<string, string>;

	constructor(recording: Recording, items: number) {
		this.#recording = recording;
		this.#files = filesOf(items);
	}

	/** Seeds unrecorded, then lands with a kill in the middle. */
	async record(killAfterBytes: number): Promise<void> {
		const { root } = this.#recording;
		const tips = makeRepository(join(root, 'canonical.git'), this.#files);
		const items = [...this.#files.keys()].map((key) => ({ key, commit: tips.get(key), base: tips.get('main') }));
		runHome(root, { mode: 'seed', items });
		this.#recording.begin();
		const args = [JSON.stringify(orderFor(root, { mode: 'land' }))];
		await this.#recording.run({ program: landingHome, args, killAfterBytes });
		const code = await this.#recording.run({ program: landingHome, args, killAfterBytes: null });
		if (code !== 0) throw new Error(`the second home ended with ${code}`);
	}

	/** What is wrong with what a cut left; `finishes`: also once a home has landed the rest. */
	async wrong({ image, said }: Cut, finishes: boolean): Promise<readonly string[]> {
		const gitDir = join(image, 'canonical.git');
		const acknowledged = acknowledgedIn(said);
		const lost = unreadable(gitDir);
		if (lost.length > 0) return lost;
		const facts = await factsIn(image);
		if (typeof facts === 'string') return [facts];
		const done = new Map(facts.map(({ key, commit }) => [key, commit]));
		const wrong = [
			...new MainWitness(gitDir).wrong(acknowledged),
			...[...acknowledged].flatMap(([item, commit]) =>
				done.get(item) === commit ? [] : [`${item} landed as ${commit}, the facts say ${done.get(item)}`],
			),
		];
		if (wrong.length > 0 || !finishes) return wrong;
		runHome(image, { mode: 'land' });
		const last = await factsIn(image);
		return typeof last === 'string' ? [last] : wrongAtTheEnd(gitDir, this.#files, last);
	}
}

function orderFor(folder: string, order: object): object {
	return { folder, store: 'store', ...order };
}

function runHome(folder: string, order: object): void {
	const args = [landingHome, JSON.stringify(orderFor(folder, order))];
	execFileSync(process.execPath, args, { env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'pipe'] });
}

function acknowledgedIn(said: readonly string[]): ReadonlyMap<string, string> {
	const lines = said.map((line) => JSON.parse(line) as { kind: string; item?: string; commit?: string });
	return new Map(
		lines.flatMap(({ kind, item, commit }) => (kind === 'landed' && item && commit ? [[item, commit]] : [])),
	);
}

/** Git itself says that every object is there and sound, also those that no ref names. */
function unreadable(gitDir: string): readonly string[] {
	const { status, stdout, stderr } = spawnSync('git', ['--git-dir', gitDir, 'fsck', '--no-dangling', '--no-progress'], {
		encoding: 'utf8',
	});
	const words = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !isNoMatter(line));
	return status === 0 && words.length === 0 ? [] : [`git fsck ends with ${status}: ${words.join('; ')}`];
}

/** HEAD names a branch that is never born; a half-written object under its temporary name the next home removes. */
function isNoMatter(line: string): boolean {
	return line.startsWith('notice: HEAD points to an unborn branch') || line.includes('/tmp_obj_');
}

/** The facts as the store has them, or why it does not. */
async function factsIn(folder: string): Promise<readonly JudgedItem[] | string> {
	const random = new SimRandom('reader');
	const identity = await loadOrCreateIdentity(join(folder, 'identity'), random);
	const store = await openStore(join(folder, 'store'), { log: new SimLog() });
	try {
		if (store.damaged.length > 0) return `the store is damaged: ${JSON.stringify(store.damaged)}`;
		const generation = await currentGeneration(store, project);
		const index = await ProjectIndex.open({ store, project, generation, random, homeKey: identity.publicKey });
		if (index.isDamaged) return 'the index counts as damaged';
		return Object.values(index.facts.items).map(({ key, stage }) => ({
			key,
			stage: stage.kind,
			commit: stage.kind === 'done' ? (stage.commit ?? null) : null,
		}));
	} finally {
		await store.close();
	}
}
