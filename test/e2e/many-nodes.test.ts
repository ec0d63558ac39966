/**
 * Fifty node processes on one gateway: all become members, all are linked, and while nothing is asked of them neither
 * the gateway nor any node takes as much as a hundredth of a core. Processor time counts, so a busy machine does not
 * matter. GANGLINE_TEST_NODES says how many, for a look at another number.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CallName, Input, Result } from '../../shared/operations/index.ts';
import { type ApiFile, apiFileSchema } from '../../shared/project/api-file.ts';
import { idleShares, median, residentMibOf } from '../support/idle-cost.ts';
import { nodeMain } from '../support/main-programs.ts';
import { makeWorld, type World } from '../support/world.ts';

const all = Boolean(process.env.GANGLINE_TEST_ALL);
const count = Number(process.env.GANGLINE_TEST_NODES ?? 50);
const startedAtOnce = 5;
const shareMax = 1;

const children: ChildProcess[] = [];
let world: World | undefined;

afterAll(async () => {
	const ends = children.map((child) => new Promise((resolve) => child.once('close', resolve)));
	for (const child of children) child.kill('SIGKILL');
	await Promise.all(children.map((child, at) => (child.exitCode ?? child.signalCode) || ends[at]));
	await world?.[Symbol.asyncDispose]();
});

async function call<Name extends CallName>(note: ApiFile, name: Name, input: Input<Name>): Promise<Result<Name>> {
	const response = await fetch(`${note.url}/v1/${name}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${note.token}`, 'content-type': 'application/json' },
		body: JSON.stringify(input),
	});
	const text = await response.text();
	if (!response.ok) throw new Error(`${name} was answered with ${response.status}: ${text}`);
	return JSON.parse(text) as Result<Name>;
}

function noteIn(path: string): ApiFile | null {
	try {
		return apiFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
	} catch {
		return null;
	}
}

async function eventually<T>(look: () => T | null | Promise<T | null>, what: string, seconds: number): Promise<T> {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const found = await look();
		if (found !== null) return found;
		if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

/** A node with a state folder of its own that has joined with the token. */
async function member({ folder, env }: World, name: string, token: string): Promise<number> {
	const state = join(folder, name);
	mkdirSync(state, { mode: 0o700 });
	const log = openSync(join(state, 'node.log'), 'a');
	const { PATH = '', HOME = '', LANG = '' } = env;
	const own = {
		...{ PATH, HOME, LANG, GANGLINE_HOME: state, GANGLINE_PORT: '0', GANGLINE_NAME: name },
		// What one has compiled the others need not compile again.
		NODE_COMPILE_CACHE: join(folder, 'compiled'),
	};
	const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', nodeMain], {
		cwd: state,
		env: own,
		stdio: ['ignore', log, log],
	});
	children.push(child);
	const begun = (): ApiFile | null => {
		const end = child.exitCode ?? child.signalCode;
		if (end !== null) throw new Error(`${name} ended with ${end}: ${readFileSync(join(state, 'node.log'), 'utf8')}`);
		return noteIn(join(state, 'api.json'));
	};
	const note = await eventually(begun, `the note of ${name}`, 60).catch((error: unknown) => {
		throw new Error(`${String(error)}; it said: ${readFileSync(join(state, 'node.log'), 'utf8')}`);
	});
	await call(note, 'mesh.join', { token }).catch((error: unknown) => {
		// It is a member and goes on by itself: on a busy machine the registry takes longer than a person would wait.
		if (!String(error).includes('PEER_GONE')) throw error;
	});
	return note.pid;
}

/** Half a minute covers all that comes back by itself. What else the machine does makes each step dearer, never cheaper. */
async function calmest(gateway: number, pids: readonly number[]) {
	for (let round = 1; ; round++) {
		const shares = await idleShares([gateway, ...pids], { windows: 3, windowMs: 10_000 });
		const ofGateway = shares.get(gateway) ?? Number.NaN;
		const ofNodes = pids.map((pid) => shares.get(pid) ?? Number.NaN);
		if (Math.max(ofGateway, ...ofNodes) < shareMax || round === 4) return { ofGateway, ofNodes };
	}
}

describe.skipIf(!all)('many node processes on one gateway', () => {
	it(`[I15] settle, ${count} of them, and then cost next to nothing`, { timeout: 600_000 }, async () => {
		world = makeWorld({ GANGLINE_NAME: 'laptop', USER: 'ada' });
		await world.ok(world.home, 'gateway', 'start');
		const gateway = noteIn(join(world.state, 'gateway', 'api.json'));
		if (!gateway) throw new Error('the gateway has left no note');
		const { token } = await world.json<Result<'token.create'>>(
			world.home,
			'token',
			'new',
			'--work',
			'--uses',
			`${count}`,
		);
		const pids: number[] = [];
		for (let begun = 0; begun < count; begun += startedAtOnce) {
			const names = Array.from({ length: Math.min(startedAtOnce, count - begun) }, (_, at) => `node-${begun + at}`);
			const joined = names.map((name) => member(world as World, name, token));
			pids.push(...(await Promise.all(joined)));
		}
		await eventually(
			async () => {
				const { nodes } = await call(gateway, 'node.list', {});
				const linked = nodes.filter(({ name, connected }) => name.startsWith('node-') && connected);
				return linked.length === count ? linked : null;
			},
			'all nodes to be linked with the gateway',
			120,
		);
		// What starting has left to do is done: the compiler's threads rest, and the first passes are over.
		await new Promise((resolve) => setTimeout(resolve, 10_000));
		const { ofGateway, ofNodes } = await calmest(gateway.pid, pids);
		const memory = pids.map(residentMibOf);
		const percent = (share: number): string => `${share.toFixed(2)} %`;
		process.stderr.write(
			[
				`many nodes: the gateway of ${count} takes ${percent(ofGateway)} of a core and ${residentMibOf(gateway.pid)} MiB;`,
				`a node ${percent(median(ofNodes))} (most ${percent(Math.max(...ofNodes))}) and ${median(memory)} MiB;`,
				`the nodes together ${percent(ofNodes.reduce((sum, one) => sum + one, 0))}\n`,
			].join(' '),
		);
		expect(ofGateway).toBeLessThan(shareMax);
		expect(Math.max(...ofNodes)).toBeLessThan(shareMax);
	});
});
