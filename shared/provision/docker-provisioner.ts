/**
 * The provisioner on a Docker engine of this machine, through its socket. Every call looks first and changes only what is
 * not so yet; a thing that has our name but not our label belongs to somebody else and is an error, never replaced.
 */
import type Docker from 'dockerode';
import { z } from 'zod';
import type { ContainerLimits } from '../operations/index.ts';
import { GanglineError, ganglineError } from '../ports/index.ts';
import { bridgeName, buildLimitsOf, creationOf, limitsOf } from './docker-creation.ts';
import { leftoversAt, withLabel } from './docker-leftovers.ts';
import { framesOf, runInside } from './docker-output.ts';
import { followEngine, guardEngine } from './engine-wire.ts';
import {
	type CommandWish,
	type Condition,
	type ContainerWish,
	hashLabel,
	type ImageWish,
	type Leftover,
	nameLabel,
	ownerLabel,
	type Provisioner,
} from './provisioner.ts';

export interface DockerOptions {
	/** As `DOCKER_HOST`; null: the usual socket. */
	readonly host: string | null;
	/** Whose things are ours. */
	readonly owner: string;
}

const socketDefault = '/var/run/docker.sock';
const stopSeconds = 30;
const infoSchema = z.object({
	OSType: z.string().optional(),
	SecurityOptions: z.array(z.string()).nullish(),
	SystemTime: z.string().optional(),
});

const imageSchema = z.object({ Config: z.object({ Env: z.array(z.string()).nullish() }).nullish() });
const processesSchema = z.object({ Processes: z.array(z.array(z.string())) });
/** What OpenSSH calls the process of a login, whether it has a terminal or not. */
const loginTitle = /^sshd(?:-session)?: \S+@/;

export function engineName(name: string): string {
	return `gangline-${name}`;
}

/** Nothing is asked of the engine before the first call. */
export function dockerProvisioner(options: DockerOptions): Provisioner {
	let engine: Promise<Docker> | undefined;
	const open = (): Promise<Docker> => {
		engine ??= import('dockerode').then(({ default: Engine }) =>
			guardEngine(new Engine({ socketPath: socketOf(options) })),
		);
		return engine;
	};
	return new DockerProvisioner(options, open);
}

class DockerProvisioner implements Provisioner {
	readonly #options: DockerOptions;
	readonly #open: () => Promise<Docker>;

	constructor(options: DockerOptions, open: () => Promise<Docker>) {
		this.#options = options;
		this.#open = open;
	}

	async check(): Promise<void> {
		await this.#asked('say what it is', async (docker) => {
			const info = infoSchema.parse(await docker.info());
			const security = (info.SecurityOptions ?? []).join(' ');
			if (info.OSType !== undefined && info.OSType !== 'linux') {
				throw ganglineError('UNSUITABLE_MACHINE', `the engine runs ${info.OSType} containers; expected linux`);
			}
			const remapped = /name=(rootless|userns)/.exec(security)?.[1];
			if (remapped === undefined) return;
			throw ganglineError(
				'UNSUITABLE_MACHINE',
				`the engine gives users other numbers (${remapped}), so files would change hands`,
				{
					hint: 'use an engine without user namespaces: DOCKER_HOST=unix:///path/to/docker.sock gangline gateway start',
				},
			);
		});
	}

	async ensureImage(wish: ImageWish, onLine: (line: string) => void): Promise<{ readonly built: boolean }> {
		return this.#asked(`build ${wish.tag}`, async (docker) => {
			if ((await orGone(docker.getImage(wish.tag).inspect())) !== null) return { built: false };
			if (wish.baseImage !== null) await this.#ensureBase(docker, wish.baseImage, onLine);
			const { packContext } = await import('./build-context.ts');
			await using context = await packContext({ ...wish, dockerfile: withLabel(wish.dockerfile, this.#options.owner) });
			const built = await docker.buildImage(context.stream, {
				t: wish.tag,
				buildargs: { ...wish.args, ...(wish.baseImage !== null && { BASE_IMAGE: wish.baseImage }) },
				...(wish.target != null && { target: wish.target }),
				...(wish.limits !== undefined && buildLimitsOf(wish.limits)),
				rm: true,
				forcerm: true,
			});
			await follow(built, onLine);
			return { built: true };
		});
	}

	async #ensureBase(docker: Docker, image: string, onLine: (line: string) => void): Promise<void> {
		if ((await orGone(docker.getImage(image).inspect())) !== null) return;
		try {
			onLine(`fetching ${image}`);
			await follow(await docker.pull(image), onLine);
		} catch (cause) {
			throw ganglineError(
				'ENGINE_FAILED',
				`the base image ${image} is not here and could not be fetched: ${wordsOf(cause)}`,
				{
					hint: 'without an image registry make one of Debian packages (scripts/engine base) and name it: GANGLINE_BASE_IMAGE',
					cause,
				},
			);
		}
	}

	async pathIn(image: string): Promise<string | null> {
		return this.#asked(`describe ${image}`, async (docker) => {
			const found = imageSchema.parse(await docker.getImage(image).inspect());
			const line = (found.Config?.Env ?? []).find((one) => one.startsWith('PATH='));
			return line === undefined ? null : line.slice('PATH='.length);
		});
	}

	async run(wish: CommandWish, onLine: (line: string) => void): Promise<number> {
		return this.#asked(`run a command in ${wish.name}`, async (docker) => {
			const container = docker.getContainer(engineName(wish.name));
			const found = await container.inspect();
			this.#requireOurs(found.Config.Labels, `container ${engineName(wish.name)}`);
			return runInside(container, wish, onLine);
		});
	}

	async ensureNetwork(name: string): Promise<{ readonly gateway: string }> {
		return this.#asked(`make the network of ${name}`, async (docker) => {
			const full = engineName(name);
			const found = await orGone(docker.getNetwork(full).inspect());
			if (found === null) {
				const Options = { 'com.docker.network.bridge.name': bridgeName(this.#options.owner, name) };
				await docker.createNetwork({ Name: full, Driver: 'bridge', Labels: this.#labels(name), Options });
			} else this.#requireOurs(found.Labels, `network ${full}`);
			const made = found ?? (await docker.getNetwork(full).inspect());
			const gateway: unknown = made.IPAM?.Config?.[0]?.Gateway;
			if (typeof gateway === 'string' && gateway !== '') return { gateway };
			throw ganglineError('ENGINE_FAILED', `the engine gave the network ${full} no address for this machine`);
		});
	}

	async ensureContainer(wish: ContainerWish): Promise<{ readonly id: string; readonly made: boolean }> {
		return this.#asked(`make the container of ${wish.name}`, async (docker) => {
			const full = engineName(wish.name);
			const found = await orGone(docker.getContainer(full).inspect());
			if (found !== null) {
				this.#requireOurs(found.Config.Labels, `container ${full}`);
				if (found.Config.Labels[hashLabel] === wish.hash) {
					if (!found.State.Running) await docker.getContainer(full).start();
					return { id: found.Id, made: false };
				}
				await docker
					.getContainer(full)
					.stop({ t: stopSeconds })
					.catch(() => undefined);
				await docker.getContainer(full).remove({ force: true, v: true });
			}
			const made = await docker.createContainer(creationOf(wish, { full, labels: this.#labels(wish.name) }));
			await made.start();
			return { id: made.id, made: true };
		});
	}

	async start(name: string): Promise<void> {
		await this.#onContainer(name, 'start', async (container, running) => {
			if (!running) await container.start();
		});
	}

	async stop(name: string): Promise<void> {
		await this.#onContainer(name, 'stop', async (container, running) => {
			if (running) await container.stop({ t: stopSeconds });
		});
	}

	async remove(name: string): Promise<void> {
		await this.#asked(`remove the container of ${name}`, async (docker) => {
			const full = engineName(name);
			const container = await orGone(docker.getContainer(full).inspect());
			if (container !== null) {
				this.#requireOurs(container.Config.Labels, `container ${full}`);
				if (container.State.Running) await docker.getContainer(full).stop({ t: stopSeconds });
				await orGone(docker.getContainer(full).remove({ v: true, force: true }));
			}
			const network = await orGone(docker.getNetwork(full).inspect());
			if (network === null) return;
			this.#requireOurs(network.Labels, `network ${full}`);
			await orGone(docker.getNetwork(full).remove());
		});
	}

	async condition(name: string): Promise<Condition> {
		return this.#asked(`say how ${name} is`, async (docker) => {
			const found = await orGone(docker.getContainer(engineName(name)).inspect());
			if (found === null || found.Config.Labels[ownerLabel] !== this.#options.owner) return { kind: 'gone' };
			const { Running, StartedAt, ExitCode, OOMKilled, Error: error } = found.State;
			if (Running) {
				const outOfMemory = OOMKilled || (await wantedMemory(docker, found.Id, StartedAt));
				return { kind: 'running', id: found.Id, since: StartedAt, outOfMemory };
			}
			return { kind: 'ended', id: found.Id, exitCode: ExitCode, outOfMemory: OOMKilled, error };
		});
	}

	async logins(name: string): Promise<number> {
		return this.#asked(`list what runs in ${name}`, async (docker) => {
			const { Processes } = processesSchema.parse(await docker.getContainer(engineName(name)).top());
			return Processes.filter((columns) => columns.some((text) => loginTitle.test(text))).length;
		});
	}

	async limit(name: string, limits: ContainerLimits): Promise<void> {
		await this.#onContainer(name, 'limit', async (container) => {
			await container.update(limitsOf(limits));
		});
	}

	async leftovers(used: Parameters<Provisioner['leftovers']>[0]): Promise<readonly Leftover[]> {
		return this.#asked('list what is ours', (docker) => leftoversAt(docker, this.#options.owner, used));
	}

	async removeLeftover({ kind, name }: Leftover): Promise<void> {
		await this.#asked(`remove the ${kind} ${name}`, async (docker) => {
			if (kind === 'container') await orGone(docker.getContainer(name).remove({ force: true, v: true }));
			else if (kind === 'network') await orGone(docker.getNetwork(name).remove());
			else await orGone(docker.getImage(name).remove());
		});
	}

	async lastLines(name: string, lines: number): Promise<readonly string[]> {
		return this.#asked(`show what ${name} wrote`, async (docker) => {
			const container = docker.getContainer(engineName(name));
			const raw = await orGone(container.logs({ stdout: true, stderr: true, tail: lines }));
			return raw === null ? [] : framesOf(raw).split('\n').filter(Boolean).slice(-lines);
		});
	}

	async #onContainer(
		name: string,
		what: string,
		act: (container: Docker.Container, running: boolean) => Promise<void>,
	): Promise<void> {
		await this.#asked(`${what} the container of ${name}`, async (docker) => {
			const container = docker.getContainer(engineName(name));
			const found = await orGone(container.inspect());
			if (found === null) {
				throw ganglineError('NOTHING_TO_SHOW', `${name} has no container any more`, {
					hint: `make it again, source and state are there: gangline rebuild ${name}`,
				});
			}
			this.#requireOurs(found.Config.Labels, `container ${engineName(name)}`);
			await act(container, found.State.Running);
		});
	}

	#labels(name: string): Record<string, string> {
		return { [ownerLabel]: this.#options.owner, [nameLabel]: name };
	}

	#requireOurs(labels: Readonly<Record<string, string>> | undefined, what: string): void {
		if (labels?.[ownerLabel] === this.#options.owner) return;
		throw ganglineError('REFUSED', `the ${what} at the engine is not ours: it was left as it is`, {
			hint: 'take another name for the project, or rename or remove that one yourself',
		});
	}

	/** One door for everything that the engine says no to. */
	async #asked<T>(what: string, ask: (docker: Docker) => Promise<T>): Promise<T> {
		try {
			return await ask(await this.#open());
		} catch (error) {
			if (error instanceof GanglineError) throw error;
			throw engineError(error, what, this.#options);
		}
	}
}

function engineError(error: unknown, what: string, options: DockerOptions): GanglineError {
	const code = own(error, 'code');
	if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EACCES') {
		const why = code === 'EACCES' ? 'you may not use its socket' : 'no engine answers there';
		return ganglineError('ENGINE_FAILED', `the container engine at ${socketOf(options)} cannot be asked: ${why}`, {
			hint:
				code === 'EACCES'
					? 'join the group of its socket (usermod -aG docker you; then log in again), or set DOCKER_HOST'
					: 'start it (systemctl start docker), or a private one: scripts/engine start, and set DOCKER_HOST',
			cause: error,
		});
	}
	if (code === 'ECONNRESET' || code === 'EPIPE') {
		return ganglineError('ENGINE_FAILED', `the engine did not ${what}: it ended, or broke off, while it was asked`, {
			hint: 'look whether it runs (systemctl status docker), start it, and try the same again',
			cause: error,
		});
	}
	return ganglineError('ENGINE_FAILED', `the engine did not ${what}: ${wordsOf(error)}`, {
		hint: 'what it says names the reason; try the same again when that is mended',
		cause: error,
	});
}

function socketOf({ host }: DockerOptions): string {
	if (host === null) return socketDefault;
	const path = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
	if (path !== undefined) return path;
	throw ganglineError('INVALID_CONFIG', `DOCKER_HOST is ${JSON.stringify(host)}: expected a socket of this machine`, {
		hint: 'source and state are mounted from this machine: DOCKER_HOST=unix:///path/to/docker.sock',
	});
}

/** An engine says it of what still runs by an event alone, and remembers its last few hundred. */
async function wantedMemory(docker: Docker, id: string, since: string): Promise<boolean> {
	const { SystemTime = '' } = infoSchema.parse(await docker.info());
	const secondsOf = (text: string): number => Math.floor(Date.parse(text) / 1000);
	const [from, until] = [secondsOf(since), secondsOf(SystemTime)];
	// Without an end the engine would go on telling.
	if (!Number.isFinite(from) || !Number.isFinite(until)) return false;
	const filters = JSON.stringify({ container: [id], event: ['oom'] });
	let seen = false;
	const told: NodeJS.ReadableStream = await docker.getEvents({ since: from, until, filters });
	await followEngine(told, () => {
		seen = true;
	});
	return seen;
}

/** Null for what the engine does not know. */
async function orGone<T>(asked: Promise<T>): Promise<T | null> {
	return asked.catch((error: unknown) => {
		if (own(error, 'statusCode') === 404) return null;
		throw error;
	});
}

/** What the engine tells while it works, a line at a time. */
function follow(stream: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
	return followEngine(stream, (event) => {
		for (const key of ['stream', 'status', 'error']) {
			const text = own(event, key);
			if (typeof text === 'string') for (const line of text.split('\n')) if (line.trim() !== '') onLine(line);
		}
	});
}

function wordsOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

function own(value: unknown, key: string): unknown {
	return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
