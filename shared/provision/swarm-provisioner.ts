/**
 * The provisioner where the engine manages a swarm: a service of one container instead of a container, so that the swarm
 * starts it again wherever its constraint lets it run. Promised: its secrets come from the swarm, what ends comes back,
 * nothing is opened to the network. Not promised: a host without source and state at the same paths, or without the image,
 * takes none, and says so. Images, and whatever is asked of a running container, are this machine's alone.
 */
import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import type { ContainerLimits } from '../operations/index.ts';
import { pause } from '../ports/clock.ts';
import { type Clock, type GanglineError, ganglineError } from '../ports/index.ts';
import { leftoversAt, removeLeftoverAt } from './docker-leftovers.ts';
import { framesOf, runInside } from './docker-output.ts';
import { DockerProvisioner, loginsIn, wantedMemory } from './docker-provisioner.ts';
import { EngineDoor, type EngineOptions, engineName, orGone, requireOwnCaches } from './engine-door.ts';
import {
	type CommandWish,
	type Condition,
	type ContainerWish,
	type Leftover,
	nameLabel,
	ownerLabel,
	type Provisioner,
} from './provisioner.ts';
import {
	isAsWished,
	labelledAt,
	makeSecret,
	managerAt,
	replicasOf,
	type Secret,
	type Service,
	secretsAt,
	serviceAt,
	tasksAt,
	updateService,
} from './swarm-engine.ts';
import { mayGetPrivileges, secretsFolder, serviceLimitsOf, serviceOf, temporaryOf } from './swarm-service.ts';
import { failuresOf, newestOf, type Task } from './swarm-tasks.ts';

export interface SwarmOptions extends EngineOptions {
	readonly clock: Clock;
	/** On which machines services may run; null: on this one, where source, state and images are. */
	readonly constraint: string | null;
}

const lookEveryMs = 250;
/** Until a container runs; the image is here. */
const runningMsMax = 120_000;
/** As long as somebody may look for a machine that fits. */
const placedMsMax = 15_000;
/** A container has half a minute to end. */
const endedMsMax = 60_000;
/** So many that ended one after another are no accident. */
const failuresMax = 3;

/** Nothing is asked of the engine before the first call. */
export function swarmProvisioner(options: SwarmOptions): Provisioner {
	return new SwarmProvisioner(new EngineDoor(options), options);
}

class SwarmProvisioner implements Provisioner {
	readonly secretsInside = secretsFolder;
	readonly publishes = false;
	readonly #door: EngineDoor;
	readonly #options: SwarmOptions;
	/** Of what is no service: images, and what any engine must be. */
	readonly #engine: DockerProvisioner;

	constructor(door: EngineDoor, options: SwarmOptions) {
		this.#door = door;
		this.#options = options;
		this.#engine = new DockerProvisioner(door);
	}

	async check(): Promise<void> {
		await this.#engine.check();
		await this.#door.asked('say what it is in its swarm', (docker) => managerAt(docker));
	}

	ensureImage(...args: Parameters<Provisioner['ensureImage']>): ReturnType<Provisioner['ensureImage']> {
		return this.#engine.ensureImage(...args);
	}

	pathIn(image: string): Promise<string | null> {
		return this.#engine.pathIn(image);
	}

	/** Of one machine each, wherever the service runs: the two containers of one project never live at once. */
	async ensureNetwork(name: string): Promise<{ readonly gateway: string }> {
		return this.#door.asked(`make the network of ${name}`, async (docker) => {
			const { address } = await managerAt(docker);
			const full = engineName(name);
			const found = await orGone(docker.getNetwork(full).inspect());
			if (found !== null) {
				this.#door.requireOurs(found.Labels, `network ${full}`);
				if (found.Scope !== 'swarm') throw wasContainer(name);
			} else {
				// The name of its interface is the swarm's to give.
				const wish = { Name: full, Driver: 'bridge', Scope: 'swarm', Labels: this.#door.labels(name) };
				await docker.createNetwork(wish);
			}
			return { gateway: address };
		});
	}

	/** The names of the interfaces are the swarm's to give, on whichever machine. */
	async ensureGuard(): Promise<boolean> {
		return false;
	}

	async ensureContainer(wish: ContainerWish): Promise<{ readonly id: string; readonly made: boolean }> {
		return this.#door.asked(`make the service of ${wish.name}`, async (docker) => {
			const { node } = await managerAt(docker);
			const full = engineName(wish.name);
			const found = await serviceAt(docker, full);
			if (found !== null) {
				this.#door.requireOurs(found.Spec.Labels, `service ${full}`);
				if (isAsWished(found, wish)) {
					await this.#scale(docker, found, 1);
					await this.#untilRunning(docker, wish.name, full);
					return { id: found.ID, made: false };
				}
				await this.#end(docker, full);
			}
			const secrets = await this.#ensureSecrets(docker, wish);
			const constraints = (this.#options.constraint ?? `node.id==${node}`).split(',').map((one) => one.trim());
			const place = { full, labels: this.#door.labels(wish.name), constraints, secrets };
			if (wish.caches !== undefined) await requireOwnCaches(this.#door, docker, full);
			const made = await docker.createService(serviceOf(wish, place));
			await this.#untilRunning(docker, wish.name, full);
			await this.#dropSecrets(docker, wish.name, new Set(secrets.map(({ id }) => id)));
			return { id: made.id, made: true };
		});
	}

	async start(name: string): Promise<void> {
		await this.#onService(name, 'start', (docker, service) => this.#scale(docker, service, 1));
	}

	async stop(name: string): Promise<void> {
		await this.#onService(name, 'stop', async (docker, service) => {
			await this.#scale(docker, service, 0);
			await this.#until(`stop ${name}`, endedMsMax, async () => {
				const tasks = await tasksAt(docker, engineName(name));
				return !tasks.some(({ Status }) => Status.State === 'running');
			});
		});
	}

	async remove(name: string): Promise<void> {
		await this.#door.asked(`remove the service of ${name}`, async (docker) => {
			const full = engineName(name);
			const found = await serviceAt(docker, full);
			if (found !== null) {
				this.#door.requireOurs(found.Spec.Labels, `service ${full}`);
				await this.#end(docker, full);
			}
			await this.#dropSecrets(docker, name, new Set());
			await orGone(docker.getVolume(temporaryOf(full)).remove());
			const network = await orGone(docker.getNetwork(full).inspect());
			if (network === null) return;
			this.#door.requireOurs(network.Labels, `network ${full}`);
			// A swarm lets it go a moment after its last task.
			await this.#until(`remove the network of ${name}`, endedMsMax, async (isLast) => {
				const removed = orGone(docker.getNetwork(full).remove()).then(() => true);
				return isLast ? removed : removed.catch(() => false);
			});
		});
	}

	removeCaches(name: string): Promise<void> {
		return this.#engine.removeCaches(name);
	}

	async condition(name: string): Promise<Condition> {
		return this.#door.asked(`say how ${name} is`, async (docker) => {
			const full = engineName(name);
			const service = await serviceAt(docker, full);
			if (service === null || service.Spec.Labels?.[ownerLabel] !== this.#door.owner) return { kind: 'gone' };
			const id = service.ID;
			const tasks = await tasksAt(docker, full);
			const running = tasks.find(({ Status }) => Status.State === 'running');
			if (running !== undefined) {
				const outOfMemory = await this.#wantedMemory(docker, running);
				return { kind: 'running', id, since: running.Status.Timestamp, outOfMemory };
			}
			if (replicasOf(service) === 0) return { kind: 'ended', id, exitCode: 0, outOfMemory: false, error: '' };
			const last = newestOf(tasks);
			const failures = failuresOf(tasks);
			const error = (last?.Status.Err || failures.at(-1)?.Status.Err) ?? '';
			// The next one is on its way.
			const isComing = failures.length < failuresMax && (error === '' || failures.length > 0);
			if (isComing) return { kind: 'running', id, since: last?.Status.Timestamp ?? '', outOfMemory: false };
			const exitCode = failures.at(-1)?.Status.ContainerStatus?.ExitCode ?? 0;
			return { kind: 'ended', id, exitCode, outOfMemory: false, error };
		});
	}

	async run(wish: CommandWish, onLine: (line: string) => void): Promise<number> {
		return this.#door.asked(`run a command in ${wish.name}`, async (docker) => {
			return runInside(await this.#containerHere(docker, wish.name), wish, onLine);
		});
	}

	async logins(name: string): Promise<number> {
		return this.#door.asked(`list what runs in ${name}`, async (docker) => {
			return loginsIn(await this.#containerHere(docker, name));
		});
	}

	/** A swarm begins a container anew for other bounds. */
	async limit(name: string, limits: ContainerLimits): Promise<void> {
		await this.#onService(name, 'limit', async (docker, { Spec, Version, ID }) => {
			const Limits = serviceLimitsOf(limits);
			const before = Spec.TaskTemplate.Resources?.Limits ?? {};
			if (Object.entries(Limits).every(([key, value]) => Reflect.get(before, key) === value)) return;
			const Resources = { ...Spec.TaskTemplate.Resources, Limits };
			await updateService(docker, ID, Version.Index, { ...Spec, TaskTemplate: { ...Spec.TaskTemplate, Resources } });
		});
	}

	async leftovers(used: Parameters<Provisioner['leftovers']>[0]): Promise<readonly Leftover[]> {
		return this.#door.asked('list what is ours', async (docker) => {
			const filters = JSON.stringify({ label: [`${ownerLabel}=${this.#door.owner}`] });
			const { services, secrets } = await labelledAt(docker, filters);
			const isUnused = ({ Spec }: Service | Secret): boolean => !used.names.has(Spec.Labels?.[nameLabel] ?? '');
			return [
				// First: it would make its container anew.
				...services.filter(isUnused).map(({ ID }): Leftover => ({ kind: 'service', name: ID, bytes: null })),
				...(await leftoversAt(docker, this.#door.owner, used)),
				...secrets.filter(isUnused).map(({ ID }): Leftover => ({ kind: 'secret', name: ID, bytes: null })),
			];
		});
	}

	async removeLeftover(thing: Leftover): Promise<void> {
		await this.#door.asked(`remove the ${thing.kind} ${thing.name}`, (docker) => removeLeftoverAt(docker, thing));
	}

	async lastLines(name: string, lines: number): Promise<readonly string[]> {
		return this.#door.asked(`show what ${name} wrote`, async (docker) => {
			const asked = docker.getService(engineName(name)).logs({ stdout: true, stderr: true, tail: lines });
			const raw = await orGone(asked);
			return Buffer.isBuffer(raw) ? framesOf(raw).split('\n').filter(Boolean).slice(-lines) : [];
		});
	}

	async #onService(
		name: string,
		what: string,
		act: (docker: Docker, service: Service) => Promise<void>,
	): Promise<void> {
		await this.#door.asked(`${what} the service of ${name}`, async (docker) => {
			const full = engineName(name);
			const found = await serviceAt(docker, full);
			if (found === null) {
				throw ganglineError('NOTHING_TO_SHOW', `${name} has no service any more`, {
					hint: `make it again, source and state are there: gangline rebuild ${name}`,
				});
			}
			this.#door.requireOurs(found.Spec.Labels, `service ${full}`);
			await act(docker, found);
		});
	}

	async #scale(docker: Docker, service: Service, Replicas: number): Promise<void> {
		if (replicasOf(service) === Replicas) return;
		await updateService(docker, service.ID, service.Version.Index, {
			...service.Spec,
			Mode: { Replicated: { Replicas } },
		});
	}

	/** Secrets of a swarm never change, so another text is another secret. */
	async #ensureSecrets(docker: Docker, wish: ContainerWish) {
		const known = await secretsAt(docker, this.#door.labels(wish.name));
		const secrets = [];
		for (const [file, text] of Object.entries(wish.secrets ?? {})) {
			const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
			const name = `${engineName(wish.name)}.${file}.${digest}`;
			const found = known.find(({ Spec }) => Spec.Name === name);
			const id = found?.ID ?? (await makeSecret(docker, { name, text, labels: this.#door.labels(wish.name) }));
			secrets.push({ file, id, name });
		}
		return secrets;
	}

	async #dropSecrets(docker: Docker, name: string, kept: ReadonlySet<string>): Promise<void> {
		for (const { ID } of await secretsAt(docker, this.#door.labels(name))) {
			if (!kept.has(ID)) await orGone(docker.getSecret(ID).remove());
		}
	}

	/** Ends when nothing of it is here any more: a swarm removes its containers when it gets to it. */
	async #end(docker: Docker, full: string): Promise<void> {
		await orGone(docker.getService(full).remove());
		const label = [`com.docker.swarm.service.name=${full}`];
		await this.#until(`end ${full}`, endedMsMax, async () => {
			return (await docker.listContainers({ all: true, filters: JSON.stringify({ label }) })).length === 0;
		});
	}

	/** @throws GanglineError ENGINE_FAILED with the words of the swarm, UNSUITABLE_MACHINE */
	async #untilRunning(docker: Docker, name: string, full: string): Promise<void> {
		const before = new Set(failuresOf(await tasksAt(docker, full)).map(({ ID }) => ID));
		const begun = this.#options.clock.monotonic();
		let isOver = false;
		await this.#until(`start the service of ${name}`, runningMsMax, async () => {
			const tasks = await tasksAt(docker, full);
			isOver = tasks.some(({ Status }) => Status.State === 'running');
			if (isOver) return true;
			const failures = failuresOf(tasks).filter(({ ID }) => !before.has(ID));
			if (failures.some(({ Status }) => Status.ContainerStatus?.ExitCode === mayGetPrivileges)) {
				await this.#end(docker, full);
				throw openPrivileges();
			}
			const waits = newestOf(tasks)?.Status.Err ?? '';
			const isNowhere = waits !== '' && this.#options.clock.monotonic() - begun > placedMsMax;
			if (failures.length >= failuresMax) throw notStarted(name, failures.at(-1)?.Status.Err ?? 'it does not say why');
			if (isNowhere) throw notStarted(name, waits);
			return false;
		});
	}

	async #until(what: string, msMax: number, look: (isLast: boolean) => Promise<boolean>): Promise<void> {
		const { clock } = this.#options;
		const deadline = clock.monotonic() + msMax;
		for (;;) {
			const isLast = clock.monotonic() > deadline;
			if (await look(isLast)) return;
			if (isLast) throw ganglineError('ENGINE_FAILED', `the swarm did not ${what} within ${msMax / 1000} s`);
			await pause(clock, lookEveryMs);
		}
	}

	/** @throws GanglineError ENGINE_FAILED where it runs on another machine, or nowhere now */
	async #containerHere(docker: Docker, name: string): Promise<Docker.Container> {
		const full = engineName(name);
		const tasks = await tasksAt(docker, full);
		const running = tasks.find(({ Status }) => Status.State === 'running');
		const id = running?.Status.ContainerStatus?.ContainerID ?? '';
		if (running === undefined || id === '') throw ganglineError('ENGINE_FAILED', `${name} does not run now`);
		const { node } = await managerAt(docker);
		if (running.NodeID === node) return docker.getContainer(id);
		throw ganglineError(
			'ENGINE_FAILED',
			`${name} runs on another machine of the swarm, whose engine cannot be asked here`,
			{
				hint: 'hooks of a devcontainer.json and idle stop need a service that runs on the machine of the gateway',
			},
		);
	}

	async #wantedMemory(docker: Docker, { NodeID, Status }: Task): Promise<boolean> {
		const { node } = await managerAt(docker);
		const id = Status.ContainerStatus?.ContainerID ?? '';
		if (NodeID !== node || id === '') return false;
		const found = await orGone(docker.getContainer(id).inspect());
		return found !== null && (found.State.OOMKilled || wantedMemory(docker, id, found.State.StartedAt));
	}
}

function openPrivileges(): GanglineError {
	return ganglineError(
		'UNSUITABLE_MACHINE',
		'the engine lets processes in services get new privileges, so nothing was started there',
		{
			hint: 'an engine of version 28 or newer forbids it; an older one where daemon.json has "no-new-privileges": true',
		},
	);
}

function notStarted(name: string, why: string): GanglineError {
	const isMissing = /bind source path does not exist|invalid mount/.test(why);
	const isUnplaced = /no suitable node/.test(why);
	return ganglineError('ENGINE_FAILED', `the swarm did not start ${name}: ${why}`, {
		hint:
			isMissing || isUnplaced
				? 'each machine that GANGLINE_SWARM_CONSTRAINT names needs source, state and image at the same place as here'
				: 'what it says names the reason; try the same again when that is mended',
	});
}

function wasContainer(name: string): GanglineError {
	return ganglineError(
		'REFUSED',
		`${name} was made as a container of this engine, and is none of its swarm's services`,
		{
			hint: `without GANGLINE_PROVISIONER it goes on as it is; otherwise remove its container with that unset (project delete ${name} leaves source and state), and make it anew here`,
		},
	);
}
