/**
 * One side of a pull over real sockets, as a process of its own. `home <git folder> <folder>` serves main and says
 * where; `worker <folder> <commit> <port of the home>` connects, and pulls into a new mirror when it gets a line on
 * stdin. What it has to say is JSON, a line each.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MirrorRepository } from '../../shared/git/index.ts';
import { identityOf } from '../../shared/log/index.ts';
import { openLibp2pNetwork } from '../../shared/mesh/libp2p-network.ts';
import { NetworkPacks } from '../../shared/mesh/pack/index.ts';
import { type Network, parseCommitId } from '../../shared/ports/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';

const [side, ...rest] = process.argv.slice(2);
const environment = { PATH: process.env.PATH };
const clock = new SystemClock();
const log = new SimLog();
const identity = (name: string) => identityOf(Buffer.from(name.padEnd(32, '.')));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (words: object): void => void process.stdout.write(`${JSON.stringify(words)}\n`);
const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

function networkOf(name: string): Promise<Network> {
	return openLibp2pNetwork({
		...{ identity: identity(name), listen: ['/ip4/127.0.0.1/tcp/0'], clock, log },
		admission: () => 'member',
	});
}

async function beHome([gitDir = '', folder = '']: string[]): Promise<void> {
	await using network = await networkOf('home');
	const mayServe = (): string => gitDir;
	await using packs = await NetworkPacks.open({ network, clock, log, environment, folder, mayServe });
	say({ address: network.addresses()[0] });
	await lines.next();
	await packs.close();
}

async function beWorker([folder = '', commit = '', address = '']: string[]): Promise<void> {
	await using network = await networkOf('worker');
	const at = { network, clock, log, environment, folder: join(folder, 'packs') };
	await using packs = await NetworkPacks.open({ ...at, mayServe: () => null });
	const { nodeId: node, publicKey } = identity('home');
	await network.dial({ node, publicKey, addresses: [address] });
	const path = join(folder, 'mirror.git');
	await using into = await MirrorRepository.open({ path, branch: 'main', objectFormat: 'sha1', environment });
	say({ isReady: true });
	await lines.next();
	const want = { ref: 'refs/heads/main', commit: parseCommitId(commit) };
	say(await packs.pullMain({ node, project, want, have: [], into }));
	await lines.next();
}

await (side === 'home' ? beHome(rest) : beWorker(rest));
process.stdin.pause();
