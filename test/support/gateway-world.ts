/**
 * A gateway as a process with a state folder of its own, and members of its mesh in this process, over real TCP. All
 * that it starts is stopped and all that it made is removed when the test ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Identity, identityOf } from '../../shared/log/index.ts';
import { Hello, type Mesh, openLibp2pNetwork, openMesh } from '../../shared/mesh/index.ts';
import { type Joined, type JoinWish, joinMesh, parseToken } from '../../shared/mesh/join/index.ts';
import { type CallName, type Input, operations, type Result } from '../../shared/operations/index.ts';
import { openSimStore, SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import { type ApiFile, apiFileSchema } from '../../shared/project/api-file.ts';
import { gatewayMain } from './main-programs.ts';

export interface ErrorAnswer {
	readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
}

export interface GatewayWorld extends AsyncDisposable {
	readonly state: string;
	/** What it logged, as text. */
	log(): string;
	/** Starts the gateway and waits until it answers. */
	start(env?: Readonly<Record<string, string>>): Promise<void>;
	/** Ends the process and waits for its end. */
	end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
	/** Starts a second process on the same state and waits for its end. */
	startAnother(): Promise<{ readonly code: number | null; readonly output: string }>;
	note(): ApiFile;
	/** Asks with the owner's token, or another. Fails for anything but an answer. */
	ask<Name extends CallName>(name: Name, input: Input<Name>, token?: string): Promise<Result<Name>>;
	/** The error that the gateway answers. */
	refused(name: CallName, input: unknown, token?: string): Promise<ErrorAnswer['error'] & { readonly status: number }>;
	/** A token without a build. */
	token(args?: Partial<Input<'token.create'>>): Promise<string>;
	/** Joins with a token as a fresh node, or the given one. */
	join(token: string, options?: JoinAs): Promise<TestMember>;
}

export interface JoinAs {
	readonly identity?: Identity;
	readonly hostName?: string;
	readonly wish?: JoinWish;
}

export interface TestMember {
	readonly identity: Identity;
	readonly joined: Joined;
	/** Opens its mesh; closed with the world. */
	open(): Promise<Mesh>;
}

export function freshIdentity(): Identity {
	return identityOf(new SystemRandom().bytes(32));
}

export async function gatewayWorld(): Promise<GatewayWorld> {
	const state = mkdtempSync(join(tmpdir(), 'gangline-gateway-'));
	const closing: (() => Promise<void>)[] = [];
	const [clock, random] = [new SystemClock(), new SystemRandom()];
	let child: ChildProcess | null = null;
	let output = '';
	const own = {
		...process.env,
		GANGLINE_HOME: state,
		GANGLINE_GATEWAY_PORT: '0',
		GANGLINE_MESH_PORT: '0',
		GANGLINE_BUILDS_PORT: '0',
	};

	const spawned = (env: Readonly<Record<string, string>>): ChildProcess => {
		const process_ = spawn(process.execPath, [gatewayMain], {
			env: { ...own, ...env },
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		for (const stream of [process_.stdout, process_.stderr]) {
			stream?.setEncoding('utf8').on('data', (text: string) => {
				output += text;
			});
		}
		return process_;
	};
	const ended = (one: ChildProcess): Promise<number | null> =>
		one.exitCode !== null || one.signalCode !== null
			? Promise.resolve(one.exitCode)
			: new Promise((resolve) => one.once('exit', resolve));

	const note = (): ApiFile => apiFileSchema.parse(JSON.parse(readFileSync(join(state, 'gateway/api.json'), 'utf8')));

	const send = async (name: string, input: unknown, token = note().token): Promise<Response> =>
		fetch(`${note().url}/v1/${name}`, {
			method: 'POST',
			headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
			body: JSON.stringify(input),
		});

	const join_ = async (text: string, options: JoinAs = {}): Promise<TestMember> => {
		const { identity = freshIdentity(), hostName = 'builder', wish = {} } = options;
		const token = parseToken(text);
		const gatewayKey = Buffer.from(token.gateway.publicKey);
		await using network = await openLibp2pNetwork({
			...{ identity, clock, log: new SimLog(), listen: [] },
			admission: (key) => (gatewayKey.equals(key) ? 'member' : 'refused'),
		});
		const joined = await joinMesh({ network, clock, token, hostName, wish, addresses: [], version: '0.1.0' });
		return { identity, joined, open: () => openMember(identity, joined) };
	};

	const openMember = async (identity: Identity, { membership, registry }: Joined): Promise<Mesh> => {
		const store = await openSimStore();
		const log = new SimLog();
		const mesh = await openMesh({
			...{ identity, store, clock, random, log, membership },
			openNetwork: (admission) => openLibp2pNetwork({ identity, clock, log, admission }),
		});
		await mesh.registry.apply(registry, membership.gateway.node);
		const hello = new Hello({ mesh, clock, log, version: '0.1.0' });
		closing.push(async () => {
			hello[Symbol.dispose]();
			await mesh[Symbol.asyncDispose]();
			await store.close();
		});
		return mesh;
	};

	const world: GatewayWorld = {
		state,
		log: () => output,
		note,
		async start(env = {}) {
			const started = spawned(env);
			child = started;
			const isOver = { yet: false };
			void ended(started).then(() => {
				isOver.yet = true;
			});
			const answers = (): boolean => {
				try {
					return note().pid === started.pid;
				} catch {
					return false;
				}
			};
			await eventually(() => answers() || isOver.yet, 'the gateway to answer', 60);
			if (isOver.yet) throw new Error(`the gateway ended at once\n${output}`);
		},
		async end(signal) {
			const one = child;
			child = null;
			one?.kill(signal);
			return one === null ? null : ended(one);
		},
		async startAnother() {
			const before = output.length;
			const code = await ended(spawned({}));
			return { code, output: output.slice(before) };
		},
		async ask(name, input, token) {
			const response = await send(name, input, token);
			const body: unknown = await response.json();
			if (!response.ok) throw new Error(`${name}: ${JSON.stringify(body)}\n${output.slice(-3000)}`);
			return operations[name].result.parse(body) as Result<typeof name>;
		},
		async refused(name, input, token) {
			const response = await send(name, input, token);
			const body = (await response.json()) as ErrorAnswer;
			if (response.ok) throw new Error(`${name} was not refused: ${JSON.stringify(body)}`);
			return { ...body.error, status: response.status };
		},
		async token(args = {}) {
			return (await world.ask('token.create', { build: false, ...args })).token;
		},
		join: join_,
		async [Symbol.asyncDispose]() {
			for (const close of closing.reverse()) await close();
			await world.end('SIGKILL');
			rmSync(state, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
		},
	};
	return world;
}

/** Waits until something is so; fails after `seconds`. */
export async function eventually(isSo: () => boolean | Promise<boolean>, what: string, seconds = 20): Promise<void> {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		if (await isSo()) return;
		if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
