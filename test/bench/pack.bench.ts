/**
 * A worker that fetches a large repository from its home, beside plain `git fetch` from `git daemon`, both over loopback
 * sockets between processes of their own. Runs alternate, each into an empty repository from a freshly started server,
 * so that no side finds anything prepared. Wall time is what a person waits; processor time is what it costs on a busy
 * machine, both sides and all their children together.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { environment, shell, temporaryFolder } from '../support/git.ts';
import { makeLargeRepository } from './pack-repository.ts';
import { type BenchResult, figuresOf, judged, median, ratioOf } from './result.ts';

interface Cost {
	readonly wallMs: number;
	readonly processorMs: number;
}

const program = fileURLToPath(new URL('./pack-side.ts', import.meta.url));

/** Each round is one pull and one fetch of a repository of `files` files. */
export async function measurePack(
	options: { quick?: boolean; files?: number; rounds?: number } = {},
): Promise<BenchResult> {
	const { files = options.quick ? 10_000 : 50_000, rounds = options.quick ? 2 : 5 } = options;
	const folder = temporaryFolder();
	try {
		const home = join(folder.path, 'home.git');
		await makeLargeRepository(home, files, 10);
		shell(home, 'repack', '-adq');
		const commit = shell(home, 'rev-parse', 'main');
		const ours: Cost[] = [];
		const peer: Cost[] = [];
		for (let round = 0; round < rounds; round++) {
			peer.push(await plainFetch(home, join(folder.path, `peer-${round}`)));
			ours.push(await pull(home, commit, join(folder.path, `ours-${round}`)));
		}
		return judged({
			name: `a worker fetches ${files} files from its home`,
			unit: 'ms',
			ours: figuresOf(ours.map(wallOf), median(ours.map(processorOf))),
			peer: { name: 'git fetch', ...figuresOf(peer.map(wallOf), median(peer.map(processorOf))) },
			ratio: ratioOf(ours.map(wallOf), peer.map(wallOf)),
			goals: [{ of: 'ratio', atMost: 2 }],
		});
	} finally {
		folder.remove();
	}
}

const wallOf = ({ wallMs }: Cost): number => wallMs;
const processorOf = ({ processorMs }: Cost): number => processorMs;

async function pull(home: string, commit: string, folder: string): Promise<Cost> {
	const server = side('home', home, join(folder, 'served'));
	const worker = side('worker', folder, commit, String((await server.heard()).address));
	await worker.heard();
	const cost = await costOf([server.child, worker.child], async () => {
		worker.next();
		const said = await worker.heard();
		if (said.kind !== 'moved') throw new Error(`the pull said ${JSON.stringify(said)}`);
	});
	for (const { child, next } of [worker, server]) {
		const ended = once(child, 'exit');
		next();
		await ended;
	}
	rmSync(folder, { recursive: true });
	return cost;
}

function side(...args: string[]): { child: ChildProcess; heard(): Promise<Record<string, unknown>>; next(): void } {
	const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	return {
		child,
		heard: async () => {
			const { value, done } = await lines.next();
			if (done) throw new Error(`the ${args[0]} ended early`);
			return JSON.parse(value);
		},
		next: () => void child.stdin.write('\n'),
	};
}

async function plainFetch(home: string, folder: string): Promise<Cost> {
	const port = await freePort();
	const where = ['--listen=127.0.0.1', `--port=${port}`, '--export-all'];
	const options = { env: environment, stdio: 'ignore' } as const;
	const daemon = spawn('git', ['daemon', ...where, home], options);
	shell('/', 'init', '--quiet', '--bare', folder);
	await answering(port);
	const fetch = ['fetch', '--quiet', `git://127.0.0.1:${port}${home.replaceAll(' ', '%20')}`, 'main:main'];
	const cost = await costOf([daemon], async () => {
		const child = spawn('git', ['--git-dir', folder, ...fetch], { env: environment, stdio: 'inherit' });
		const [code] = await once(child, 'exit');
		if (code !== 0) throw new Error(`git fetch ended with ${code}`);
	});
	const ended = once(daemon, 'exit');
	daemon.kill();
	await ended;
	rmSync(folder, { recursive: true });
	return cost;
}

/** Of what these processes and the children of this one that end meanwhile do. */
async function costOf(processes: readonly ChildProcess[], work: () => Promise<void>): Promise<Cost> {
	const used = (): number =>
		processes.reduce((sum, { pid }) => sum + ticksOf(Number(pid), [11, 12, 13, 14]), ticksOf('self', [13, 14]));
	const [before, begin] = [used(), performance.now()];
	await work();
	const wallMs = performance.now() - begin;
	await settled(processes);
	return { wallMs, processorMs: (used() - before) * msPerTick };
}

/** Of /proc/<pid>/stat; Linux has had a hundred a second everywhere for decades. */
const msPerTick = 10;

/** Fields 11 to 14 after the name: user, system, and the same of children that were waited for. */
function ticksOf(pid: number | 'self', fields: readonly number[]): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
	const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return fields.reduce((sum, field) => sum + Number(values[field]), 0);
}

/** A child's time counts for its parent once it has been waited for. */
async function settled(processes: readonly ChildProcess[]): Promise<void> {
	const children = (): boolean =>
		processes.some(({ pid }) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') !== '');
	for (let tries = 0; tries < 200 && children(); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	server.close();
	return typeof address === 'object' && address !== null ? address.port : 0;
}

async function answering(port: number): Promise<void> {
	for (let tries = 0; tries < 200; tries++) {
		const socket = connect(port, '127.0.0.1');
		const answer = await once(socket, 'connect').then(
			() => true,
			() => false,
		);
		socket.destroy();
		if (answer) return;
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
	throw new Error(`git daemon does not answer at ${port}`);
}
