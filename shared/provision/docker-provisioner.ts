/**
 * The provisioner on a Docker engine of this machine, through its socket. Every call looks first and changes only what is
 * not so yet; a thing that has our name but not our label belongs to somebody else and is an error, never replaced.
 */
import type Docker from 'dockerode';
import { z } from 'zod';
import type { ContainerLimits } from '../operations/index.ts';
import { ganglineError } from '../ports/index.ts';
import { bridgeName, buildLimitsOf, creationOf, limitsOf } from './docker-creation.ts';
import { ensureGuardAt, removeGuardAt } from './docker-guard.ts';
import { leftoversAt, removeLeftoverAt, withLabel } from './docker-leftovers.ts';
import { framesOf, runInside } from './docker-output.ts';
import {
	cachesOf,
	EngineDoor,
	type EngineOptions,
	engineName,
	orGone,
	own,
	requireOwnCaches,
	wordsOf,
} from './engine-door.ts';
import { followEngine } from './engine-wire.ts';
import {
	type CommandWish,
	type Condition,
	type ContainerWish,
	type GuardWish,
	hashLabel,
	type ImageWish,
	type Leftover,
	ownerLabel,
	type Provisioner,
} from './provisioner.ts';

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

/** Nothing is asked of the engine before the first call. */
export function dockerProvisioner(options: EngineOptions): Provisioner {
	return new DockerProvisioner(new EngineDoor(options));
}

export class DockerProvisioner implements Provisioner {
	readonly secretsInside = null;
	readonly publishes = true;
	readonly #door: EngineDoor;

	constructor(door: EngineDoor) {
		this.#door = door;
	}

	async check(): Promise<void> {
		await this.#door.asked('say what it is', async (docker) => {
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
		return this.#door.asked(`build ${wish.tag}`, async (docker) => {
			const fresh = wish.fresh === true;
			if (!fresh && (await orGone(docker.getImage(wish.tag).inspect())) !== null) return { built: false };
			if (wish.baseImage !== null) await this.#ensureBase(docker, { image: wish.baseImage, fresh }, onLine);
			const { packContext } = await import('./build-context.ts');
			await using context = await packContext({ ...wish, dockerfile: withLabel(wish.dockerfile, this.#door.owner) });
			const built = await docker.buildImage(context.stream, {
				t: wish.tag,
				buildargs: { ...wish.args, ...(wish.baseImage !== null && { BASE_IMAGE: wish.baseImage }) },
				...(wish.target != null && { target: wish.target }),
				...(wish.limits !== undefined && buildLimitsOf(wish.limits)),
				...(fresh && { nocache: true, pull: wish.baseImage === null }),
				rm: true,
				forcerm: true,
			});
			await follow(built, onLine);
			return { built: true };
		});
	}

	async #ensureBase(
		docker: Docker,
		{ image, fresh }: { readonly image: string; readonly fresh: boolean },
		onLine: (line: string) => void,
	): Promise<void> {
		const isHere = (await orGone(docker.getImage(image).inspect())) !== null;
		// Nobody else's image of a name of ours is wanted.
		if (isHere && (!fresh || image.startsWith('gangline/'))) return;
		try {
			onLine(`fetching ${image}`);
			await follow(await docker.pull(image), onLine);
		} catch (cause) {
			if (isHere) {
				onLine(`${image} could not be fetched anew (${wordsOf(cause)}): built on the one that is here`);
				return;
			}
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
		return this.#door.asked(`describe ${image}`, async (docker) => {
			const found = imageSchema.parse(await docker.getImage(image).inspect());
			const line = (found.Config?.Env ?? []).find((one) => one.startsWith('PATH='));
			return line === undefined ? null : line.slice('PATH='.length);
		});
	}

	async run(wish: CommandWish, onLine: (line: string) => void): Promise<number> {
		return this.#door.asked(`run a command in ${wish.name}`, async (docker) => {
			const container = docker.getContainer(engineName(wish.name));
			const found = await container.inspect();
			this.#door.requireOurs(found.Config.Labels, `container ${engineName(wish.name)}`);
			return runInside(container, wish, onLine);
		});
	}

	async ensureNetwork(name: string): Promise<{ readonly gateway: string }> {
		return this.#door.asked(`make the network of ${name}`, async (docker) => {
			const full = engineName(name);
			const found = await orGone(docker.getNetwork(full).inspect());
			if (found === null) {
				const Options = { 'com.docker.network.bridge.name': bridgeName(this.#door.owner, name) };
				await docker.createNetwork({ Name: full, Driver: 'bridge', Labels: this.#door.labels(name), Options });
			} else this.#door.requireOurs(found.Labels, `network ${full}`);
			const made = found ?? (await docker.getNetwork(full).inspect());
			const gateway: unknown = made.IPAM?.Config?.[0]?.Gateway;
			if (typeof gateway === 'string' && gateway !== '') return { gateway };
			throw ganglineError('ENGINE_FAILED', `the engine gave the network ${full} no address for this machine`);
		});
	}

	async ensureGuard(wish: GuardWish, onLine: (line: string) => void): Promise<boolean> {
		await this.ensureImage(wish.image, onLine);
		await this.#door.asked('keep projects from services of this machine', (docker) =>
			ensureGuardAt(docker, this.#door, wish),
		);
		return true;
	}

	async ensureContainer(wish: ContainerWish): Promise<{ readonly id: string; readonly made: boolean }> {
		return this.#door.asked(`make the container of ${wish.name}`, async (docker) => {
			const full = engineName(wish.name);
			const found = await orGone(docker.getContainer(full).inspect());
			if (found !== null) {
				this.#door.requireOurs(found.Config.Labels, `container ${full}`);
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
			if (wish.caches !== undefined) await requireOwnCaches(this.#door, docker, full);
			const made = await docker.createContainer(creationOf(wish, { full, labels: this.#door.labels(wish.name) }));
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
		await this.#door.asked(`remove the container of ${name}`, async (docker) => {
			const full = engineName(name);
			const container = await orGone(docker.getContainer(full).inspect());
			if (container !== null) {
				this.#door.requireOurs(container.Config.Labels, `container ${full}`);
				if (container.State.Running) await docker.getContainer(full).stop({ t: stopSeconds });
				await orGone(docker.getContainer(full).remove({ v: true, force: true }));
			}
			const network = await orGone(docker.getNetwork(full).inspect());
			if (network === null) return;
			this.#door.requireOurs(network.Labels, `network ${full}`);
			await orGone(docker.getNetwork(full).remove());
			const filters = JSON.stringify({ label: [`${ownerLabel}=${this.#door.owner}`] });
			if ((await docker.listNetworks({ filters })).length === 0) await removeGuardAt(docker, this.#door.owner);
		});
	}

	async removeCaches(name: string): Promise<void> {
		await this.#door.asked(`remove the downloads of ${name}`, async (docker) => {
			const full = engineName(name);
			if (await requireOwnCaches(this.#door, docker, full)) await orGone(docker.getVolume(cachesOf(full)).remove());
		});
	}

	async condition(name: string): Promise<Condition> {
		return this.#door.asked(`say how ${name} is`, async (docker) => {
			const found = await orGone(docker.getContainer(engineName(name)).inspect());
			if (found === null || found.Config.Labels[ownerLabel] !== this.#door.owner) return { kind: 'gone' };
			const { Running, StartedAt, ExitCode, OOMKilled, Error: error } = found.State;
			if (Running) {
				const outOfMemory = OOMKilled || (await wantedMemory(docker, found.Id, StartedAt));
				return { kind: 'running', id: found.Id, since: StartedAt, outOfMemory };
			}
			return { kind: 'ended', id: found.Id, exitCode: ExitCode, outOfMemory: OOMKilled, error };
		});
	}

	async logins(name: string): Promise<number> {
		return this.#door.asked(`list what runs in ${name}`, async (docker) => {
			return loginsIn(docker.getContainer(engineName(name)));
		});
	}

	async limit(name: string, limits: ContainerLimits): Promise<void> {
		await this.#onContainer(name, 'limit', async (container) => {
			await container.update(limitsOf(limits));
		});
	}

	async leftovers(used: Parameters<Provisioner['leftovers']>[0]): Promise<readonly Leftover[]> {
		return this.#door.asked('list what is ours', (docker) => leftoversAt(docker, this.#door.owner, used));
	}

	async removeLeftover(thing: Leftover): Promise<void> {
		await this.#door.asked(`remove the ${thing.kind} ${thing.name}`, (docker) => removeLeftoverAt(docker, thing));
	}

	async lastLines(name: string, lines: number): Promise<readonly string[]> {
		return this.#door.asked(`show what ${name} wrote`, async (docker) => {
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
		await this.#door.asked(`${what} the container of ${name}`, async (docker) => {
			const container = docker.getContainer(engineName(name));
			const found = await orGone(container.inspect());
			if (found === null) {
				throw ganglineError('NOTHING_TO_SHOW', `${name} has no container any more`, {
					hint: `make it again, source and state are there: gangline rebuild ${name}`,
				});
			}
			this.#door.requireOurs(found.Config.Labels, `container ${engineName(name)}`);
			await act(container, found.State.Running);
		});
	}
}

/** How many are logged in over ssh. */
export async function loginsIn(container: Docker.Container): Promise<number> {
	const { Processes } = processesSchema.parse(await container.top());
	return Processes.filter((columns) => columns.some((text) => loginTitle.test(text))).length;
}

/** An engine says it of what still runs by an event alone, and remembers its last few hundred. */
export async function wantedMemory(docker: Docker, id: string, since: string): Promise<boolean> {
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

/** What the engine tells while it works, a line at a time. */
function follow(stream: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
	return followEngine(stream, (event) => {
		for (const key of ['stream', 'status', 'error']) {
			const text = own(event, key);
			if (typeof text === 'string') for (const line of text.split('\n')) if (line.trim() !== '') onLine(line);
		}
	});
}
