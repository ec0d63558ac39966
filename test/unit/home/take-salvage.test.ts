/** Work of a losing worker's clone, brought to the home: real git at both ends, the simulated network in between. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SalvageSender } from '../../../node/foreign/index.ts';
import type { Project } from '../../../node/home/project.ts';
import { serveSalvage } from '../../../node/home/take-salvage.ts';
import { type CanonicalRepository, MirrorRepository } from '../../../shared/git/index.ts';
import { NetworkPacks } from '../../../shared/mesh/pack/index.ts';
import { NetworkRpc } from '../../../shared/mesh/rpc/index.ts';
import { type CommitId, ganglineError } from '../../../shared/ports/index.ts';
import { openSimStore } from '../../../shared/ports/sim/index.ts';
import { commitInto, environment, newCanonical, shell, temporaryFolder } from '../../support/git.ts';
import { type MeshPair, meshPair, oneId, twoId } from '../../support/mesh-pair.ts';

const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const other = '01BX5ZZKBKACTAV9WEVGEMMVS0';

let folder: ReturnType<typeof temporaryFolder>;
let pair: MeshPair;
let home: CanonicalRepository;
let mirror: MirrorRepository;
let first: CommitId;
let sender: SalvageSender;
/** What the home has open. */
let atHomeNow: Project[];
const open: AsyncDisposable[] = [];

beforeEach(async () => {
	folder = temporaryFolder();
	pair = await meshPair({ isTimed: true });
	home = await newCanonical(join(folder.path, 'home.git'));
	first = commitInto(home.path, [], { 'a.txt': 'a\n' }, 'first');
	await home.moveMain(first, null);
	const path = join(folder.path, 'mirror.git');
	mirror = await MirrorRepository.open({ path, branch: 'main', objectFormat: 'sha1', environment });
	const packs = (network: MeshPair['one'], name: string, served: string): Promise<NetworkPacks> =>
		NetworkPacks.open({ ...pair, network, environment, folder: join(folder.path, name), mayServe: () => served });
	const [worker, atHome] = [await packs(pair.one, 'p1', mirror.path), await packs(pair.two, 'p2', home.path)];
	const [rpc, homeRpc] = [pair.one, pair.two].map((network) => new NetworkRpc({ ...pair, network })) as [
		NetworkRpc,
		NetworkRpc,
	];
	open.push(mirror, home, worker, atHome, rpc, homeRpc);
	const want = { ref: 'refs/heads/main', commit: first };
	await pair.finish(worker.pullMain({ node: twoId, project, want, have: [], into: mirror }));
	const desk = { mayWork: () => true };
	const runs = { runs: (of: string) => (of === key ? [{ node: oneId }] : []) };
	const there = { id: project, desk, runs, repository: home } as unknown as Project;
	atHomeNow = [there];
	serveSalvage({ rpc: homeRpc, packs: atHome, log: pair.log, projects: () => atHomeNow });
	const store = await openSimStore();
	sender = new SalvageSender({ project, repository: mirror, store, rpc, home: () => twoId, log: pair.log });
});

afterEach(async () => {
	for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
	folder.remove();
});

const salvaged = (content: string, of = key, at = 5): CommitId => {
	const commit = commitInto(mirror.path, [first], { 'a.txt': 'a\n', 'notes.txt': content }, 'Saved from a clone');
	shell(mirror.path, 'update-ref', `refs/gangline/salvage/${of}/${at}`, commit);
	return commit;
};
const atHome = async (): Promise<string[]> =>
	(await home.refs('refs/gangline/salvage')).map(({ ref, commit }) => `${ref} ${commit}`);

it('[I7] arrives at the home under a ref of its own, once, also after a lost link', async () => {
	const commit = salvaged('what nobody committed\n');
	pair.net.breakLinks(oneId, twoId);
	await pair.finish(sender.send());
	expect(await atHome()).toEqual([]);
	await pair.connect();
	await pair.finish(sender.send());
	await pair.finish(sender.send());
	expect(await atHome()).toEqual([`refs/gangline/salvage/${key}/${oneId}-5 ${commit}`]);
	expect(shell(home.path, 'show', `${commit}:notes.txt`)).toBe('what nobody committed');
	expect(pair.log.lines.filter(({ event }) => event === 'salvage.taken')).toHaveLength(1);
	expect((await mirror.refs('refs/gangline/salvage')).map(({ commit: kept }) => kept)).toEqual([commit]);
});

it('[I7] [I12] is offered again where the home could not open the project yet', async () => {
	const commit = salvaged('what nobody committed\n');
	const closed = atHomeNow.splice(0);
	await pair.finish(sender.send());
	expect(await atHome()).toEqual([]);
	atHomeNow.push(...closed);
	await pair.finish(sender.send());
	expect(await atHome()).toEqual([`refs/gangline/salvage/${key}/${oneId}-5 ${commit}`]);
});

it('[I13] [I15] is not taken of an item that the worker never had, and not without end', async () => {
	salvaged('not mine\n', other);
	for (let at = 100; at < 120; at++) {
		shell(home.path, 'update-ref', `refs/gangline/salvage/${key}/${oneId}-${at}`, first);
	}
	salvaged('one too many\n');
	await pair.finish(sender.send());
	const refs = await atHome();
	expect(refs).toHaveLength(20);
	expect(refs.every((ref) => ref.startsWith(`refs/gangline/salvage/${key}/`))).toBe(true);
	const codes = pair.log.lines.flatMap(({ event, fields }) => (event === 'salvage.notHandedOver' ? [fields.code] : []));
	expect(new Set(codes)).toEqual(new Set(['FORBIDDEN', 'REFUSED']));
});

it('[I12] is offered again after git has failed once', async () => {
	const asked: string[] = [];
	let fails = 1;
	const repository = {
		refs: async () => {
			if (fails-- > 0) throw ganglineError('GIT_FAILED', 'git could not be started');
			return [{ ref: `refs/gangline/salvage/${key}/7`, commit: first }];
		},
		main: async () => first,
		mergeBase: async () => first,
	};
	const rpc = { ask: async (_node: unknown, { name }: { name: string }) => void asked.push(name) } as never;
	const store = await openSimStore();
	const again = new SalvageSender({ project, repository, store, rpc, home: () => twoId, log: pair.log });
	await expect(again.send()).rejects.toMatchObject({ code: 'GIT_FAILED' });
	await again.send();
	expect(asked).toEqual(['work.salvaged']);
});
