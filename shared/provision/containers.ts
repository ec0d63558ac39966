/**
 * Projects in containers: begun, gone on with, looked at, changed, removed. One thing at a time happens to a project;
 * what is begun goes on by itself and is told step by step; what a crash cut off says so and waits for `--retry`.
 */
import { join } from 'node:path';
import { type Args, type ContainerView, isContainerName } from '../operations/index.ts';
import { pause } from '../ports/clock.ts';
import { GanglineError, ganglineError } from '../ports/index.ts';
import { Turns } from '../ports/turns.ts';
import { openBridgesOf } from './bridges.ts';
import { containerFolder } from './container-plan.ts';
import { apartOf, hasLostPort } from './container-step.ts';
import { viewOf, type Whereabouts } from './container-view.ts';
import { freshRecord, type LimitsWish, merged, rebuilt, retried, type Wish } from './container-wish.ts';
import type { ContainersOptions } from './containers-options.ts';
import { readDiskUsed, writeDiskBound } from './disk-files.ts';
import { freePort } from './free-port.ts';
import { type GitGiven, writeGiven } from './git-access.ts';
import { forgetMembership, type KeptState, keptCalled, keptStates, refuseForeign } from './kept-state.ts';
import { MakeLog } from './make-log.ts';
import { makeSteps, rebuildSteps, remakeSteps, requireKnownParts, requireOrdinary } from './make-steps.ts';
import { ownImageWish } from './own-image.ts';
import type { Condition, Leftover } from './provisioner.ts';
import { type ContainerRecord, engineNameOf, portsTaken } from './records.ts';
import { type Removed, removeKeptState, removeWhole } from './remove-container.ts';
import { runSteps, type Step } from './run-steps.ts';
import { homeFolderOf } from './source.ts';
import { readHostKey } from './ssh-keys.ts';
import { refuseTaken } from './taken-folders.ts';

const bridgeAgainMs = 5_000;
const wakeMsMax = 30_000;
const wakeLookMs = 200;

export class Containers implements AsyncDisposable {
	readonly #options: ContainersOptions;
	readonly #busy = new Map<string, Promise<void>>();
	/** What is changed in moments waits its turn: each sees what the one before has kept. */
	readonly #turns = new Turns();
	readonly #stopping = new AbortController();
	#cancelBridges: () => void = () => undefined;

	constructor(options: ContainersOptions) {
		this.#options = options;
	}

	/** Opens the gateway's door in each network again; an engine that starts later than we do is waited for. */
	async openBridges(): Promise<void> {
		const { records, clock } = this.#options;
		const isAway = !(await openBridgesOf(this.#options, records.all()));
		if (isAway && !this.#stopping.signal.aborted)
			this.#cancelBridges = clock.after(bridgeAgainMs, () => void this.openBridges());
	}

	/** Begins, and answers at once. */
	create(wish: Wish, person: string): Promise<ContainerView> {
		return this.#naming(wish.name, () => this.#create(wish, person));
	}

	async #create(wish: Wish, person: string): Promise<ContainerView> {
		const { records } = this.#options;
		this.#refuseBusy(wish.name);
		const known = records.find(wish.name);
		if (known !== undefined && !wish.retry) throw refuseKnown(known);
		if (known === undefined && wish.retry) records.get(wish.name);
		requireOrdinary(this.#options.owner.uid);
		await requireKnownParts(this.#options, wish);
		const record = known === undefined ? await this.#fresh(wish, person) : retried(known, wish);
		if (known !== undefined && record.path !== known.path) await refuseTaken(this.#options, record);
		await records.put(record);
		this.#begin(record, makeSteps);
		return this.view(record.name);
	}

	async #fresh(wish: Wish, person: string): Promise<ContainerRecord> {
		const { name } = wish;
		const { records, clock, cpus, environment, isPortFree } = this.#options;
		const path = wish.path ?? homeFolderOf(name, environment);
		await refuseTaken(this.#options, { name, path });
		const called = records.all().find((one) => engineNameOf(one) === name);
		if (called !== undefined) {
			throw ganglineError('REFUSED', `container and state of ${called.name} are called ${name}, its first name`, {
				hint: 'take another name for the new one',
			});
		}
		const kept = keptCalled(await this.kept(), name);
		if (kept !== undefined) {
			refuseForeign(kept, name, path);
			await forgetMembership(kept.folder);
		}
		const sshPort = await freePort(portsTaken(records.all()), isPortFree);
		const madeAs = kept === undefined || kept.madeAs === name ? null : kept.madeAs;
		return freshRecord(wish, { madeAs, path, person, sshPort, cpus, now: clock.now() });
	}

	#begin(record: ContainerRecord, stepsOf: (making: Parameters<typeof makeSteps>[0]) => readonly Step[]): void {
		const { name } = record;
		const run = this.#make({ ...record, asleep: false }, stepsOf)
			.catch((error: unknown) => {
				this.#options.log.warn('container.notMade', { name, error: String(error) });
			})
			.finally(async () => {
				this.#busy.delete(name);
				if (!this.#stopping.signal.aborted) this.#options.publish(await this.view(name));
			});
		this.#busy.set(name, run);
	}

	async #make(
		record: ContainerRecord,
		stepsOf: (making: Parameters<typeof makeSteps>[0]) => readonly Step[],
	): Promise<void> {
		const { clock, records, publish, mesh } = this.#options;
		const { name } = record;
		const folder = this.#folder(record);
		const log = await MakeLog.open(containerFolder(folder).log);
		const place = this.#place(record);
		let connected = false;
		let hostKey: string | null = null;
		const show = (now: ContainerRecord): void => {
			if (this.#stopping.signal.aborted) return;
			publish(viewOf(now, place, { condition: null, busy: true, diskUsed: null, connected, hostKey }));
		};
		const keep = async (now: ContainerRecord): Promise<void> => {
			if (this.#stopping.signal.aborted) return;
			await records.put({ ...now, ...meanwhile(records.find(name) ?? now) });
			connected = await mesh.isConnected(now.node);
			hostKey = await readHostKey(folder);
			const step = now.steps.findLast(({ state }) => state !== 'waiting');
			if (step !== undefined) log.write(`== ${step.name}: ${step.state}: ${step.words}`);
			show(now);
		};
		const steps = stepsOf({ options: this.#options, log, folder, stopped: this.#stopping.signal });
		try {
			await runSteps({ clock, steps, record, keep, show });
		} finally {
			await log.close();
		}
	}

	/** @throws GanglineError NOTHING_TO_SHOW */
	async view(name: string): Promise<ContainerView> {
		const record = this.#options.records.get(name);
		const busy = this.#busy.has(name);
		const folder = this.#folder(record);
		return viewOf(record, this.#place(record), {
			condition: busy ? null : await this.#condition(record),
			busy,
			diskUsed: await readDiskUsed(folder, record.limits.disk ?? null),
			connected: await this.#options.mesh.isConnected(record.node),
			hostKey: await readHostKey(folder),
		});
	}

	list(): Promise<readonly ContainerView[]> {
		return Promise.all(this.#options.records.all().map(({ name }) => this.view(name)));
	}

	/** Begins to make it anew where somebody has taken a port of it. */
	start(name: string): Promise<ContainerView> {
		return this.#turned(name, 'start', true);
	}

	/** It stays stopped until a person starts it. */
	stop(name: string): Promise<ContainerView> {
		return this.#turned(name, 'stop', true);
	}

	/** Stopped until something is to do. */
	sleep(name: string): Promise<ContainerView> {
		return this.#turned(name, 'stop', false);
	}

	/** Starts it where it sleeps, and waits until its node is connected. False: it does not sleep, or did not come. */
	async wake(name: string): Promise<boolean> {
		const { records, mesh, clock } = this.#options;
		const record = records.find(name);
		if (record?.asleep !== true || this.#busy.has(name)) return false;
		await this.start(name);
		const deadline = clock.monotonic() + wakeMsMax;
		const isThere = (): Promise<boolean> => mesh.isConnected(record.node);
		while (!(await isThere()) && clock.monotonic() < deadline && !this.#stopping.signal.aborted)
			await pause(clock, wakeLookMs, this.#stopping.signal);
		return isThere();
	}

	/** The same by its project. */
	async wakeProject(project: string): Promise<boolean> {
		const name = this.nameOf(project);
		return name !== null && (await this.wake(name));
	}

	isBusy(name: string): boolean {
		return this.#busy.has(name);
	}

	logins(name: string): Promise<number> {
		return this.#options.provisioner.logins(engineNameOf(this.#options.records.get(name)));
	}

	/** Null: it is never put to sleep. */
	idleStop(name: string, afterMs: number | null): Promise<ContainerView> {
		return this.#turns.run(name, () => this.#keep(name, { idleStopMs: afterMs }));
	}

	/** Begins, and answers at once. */
	rebuild(wish: Args<'container.rebuild'>): Promise<ContainerView> {
		return this.#turns.run(wish.name, () => this.#rebuild(wish));
	}

	async #rebuild(wish: Args<'container.rebuild'>): Promise<ContainerView> {
		const record = this.#ready(wish.name);
		await requireKnownParts(this.#options, wish);
		const next = rebuilt(record, wish, this.#options.clock.now());
		this.#begin(next, (making) => rebuildSteps(making, wish.fresh));
		return this.view(wish.name);
	}

	limit(name: string, limits: LimitsWish): Promise<ContainerView> {
		return this.#turns.run(name, async () => {
			const record = this.#ready(name);
			const next = merged(record.limits, limits);
			await this.#options.provisioner.limit(engineNameOf(record), next);
			await writeDiskBound(this.#folder(record), next.disk ?? null);
			return this.#keep(name, { limits: next, changedAt: this.#options.clock.now() });
		});
	}

	/**
	 * Called something else from now on, while it runs. The registry first: it alone may refuse, and asked again it agrees.
	 * @throws GanglineError INVALID_ARGUMENT, REFUSED
	 */
	rename(name: string, to: string): Promise<ContainerView> {
		return this.#naming(name, () => this.#rename(name, to));
	}

	async #rename(name: string, to: string): Promise<ContainerView> {
		const { records, renamed } = this.#options;
		const record = this.#ready(name);
		if (!isContainerName(to)) {
			throw ganglineError(
				'INVALID_ARGUMENT',
				`${JSON.stringify(to)} is no name for a project in a container, whose host for ssh is called so too: expected at most 31 lower-case letters, digits and \`-\``,
			);
		}
		if (to !== name && records.find(to) !== undefined) {
			throw ganglineError('REFUSED', `a project in a container is called ${to} already`, {
				hint: `gangline containers ${to}`,
			});
		}
		await renamed(record, to);
		if (to !== name) await records.rename(record, to);
		return this.#changed(to);
	}

	/** The one that a project has here. */
	nameOf(project: string): string | null {
		return this.#options.records.all().find((one) => one.project === project)?.name ?? null;
	}

	/** Answers what is gone and what stays. */
	remove(name: string, purge: boolean): Promise<Removed> {
		return this.#turns.run(name, () => this.#remove(name, purge));
	}

	async #remove(name: string, purge: boolean): Promise<Removed> {
		this.#refuseBusy(name);
		const kept = this.#options.records.find(name) === undefined ? keptCalled(await this.kept(), name) : undefined;
		if (kept !== undefined) return removeKeptState(kept, { name, purge, provisioner: this.#options.provisioner });
		const record = this.#options.records.get(name);
		return removeWhole(this.#options, { record, folder: this.#folder(record), purge });
	}

	/** State of projects whose containers were deleted without it. */
	kept(): Promise<readonly KeptState[]> {
		const { records, folder } = this.#options;
		return keptStates(folder, new Set(records.all().map(engineNameOf)));
	}

	/** What is remembered of it, and where its things are. @throws GanglineError NOTHING_TO_SHOW */
	placeOf(name: string): { readonly record: ContainerRecord; readonly folder: string } {
		const record = this.#options.records.get(name);
		return { record, folder: this.#folder(record) };
	}

	/** Changes what it commits and pushes with; it counts at once, inside too. */
	give(name: string, change: Partial<GitGiven>): Promise<void> {
		return this.#turns.run(name, async () => {
			const { records } = this.#options;
			const record = records.get(name);
			await records.put({ ...record, gitGiven: { ...record.gitGiven, ...change } });
			await writeGiven({ folder: this.#folder(record) }, () => records.get(name).gitGiven);
		});
	}

	leftovers(): Promise<readonly Leftover[]> {
		const all = this.#options.records.all();
		const names = new Set(all.map(engineNameOf));
		const images = new Set(all.flatMap((one) => [one.image ?? [], ownImageWish(one)?.tag ?? []].flat()));
		return this.#options.provisioner.leftovers({ names, images, building: this.#busy.size > 0 });
	}

	async prune(things: readonly Leftover[]): Promise<void> {
		for (const thing of things) await this.#options.provisioner.removeLeftover(thing);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#stopping.abort();
		this.#cancelBridges();
	}

	#folder(record: ContainerRecord): string {
		return join(this.#options.folder, engineNameOf(record));
	}

	#place(record: ContainerRecord): Whereabouts {
		const { owner, provisioner } = this.#options;
		return { folder: this.#folder(record), owner, publishes: provisioner.publishes };
	}

	#ready(name: string): ContainerRecord {
		const record = this.#options.records.get(name);
		this.#refuseBusy(name);
		if (record.phase === 'ready' || record.image !== null) return record;
		throw ganglineError('REFUSED', `${name} was not made to its end`, { hint: `gangline new ${name} --retry` });
	}

	#refuseBusy(name: string): void {
		if (!this.#busy.has(name)) return;
		throw ganglineError('REFUSED', `${name} is being made right now`, { hint: `gangline containers ${name}` });
	}

	#turned(name: string, what: 'start' | 'stop', isAwake: boolean): Promise<ContainerView> {
		return this.#turns.run(name, async () => {
			const record = this.#ready(name);
			if (what === 'start' && (await hasLostPort(record, this.#options))) {
				this.#begin(record, remakeSteps);
				return this.view(name);
			}
			// What the engine mounts over, it would make as root where somebody has removed it.
			if (what === 'start') await apartOf({ options: this.#options, folder: this.#folder(record) }, record);
			await this.#options.provisioner[what](engineNameOf(record));
			return this.#keep(name, { asleep: !isAwake });
		});
	}

	/** Who gives a name looks at all of them first, so one at a time does. */
	#naming<T>(name: string, act: () => Promise<T>): Promise<T> {
		return this.#turns.run('', () => this.#turns.run(name, act));
	}

	async #keep(name: string, change: Partial<ContainerRecord>): Promise<ContainerView> {
		const { records } = this.#options;
		await records.put({ ...records.get(name), ...change });
		return this.#changed(name);
	}

	async #changed(name: string): Promise<ContainerView> {
		const view = await this.view(name);
		this.#options.publish(view);
		return view;
	}

	/** Null where the engine cannot be asked. */
	async #condition(record: ContainerRecord): Promise<Condition | null> {
		return this.#options.provisioner.condition(engineNameOf(record)).catch((error: unknown) => {
			if (error instanceof GanglineError) return null;
			throw error;
		});
	}
}

/** What may change while steps run, because no step changes it. */
function meanwhile({ gitGiven, idleStopMs }: ContainerRecord): Pick<ContainerRecord, 'gitGiven' | 'idleStopMs'> {
	return { gitGiven, idleStopMs };
}

function refuseKnown({ name, phase }: ContainerRecord): GanglineError {
	return ganglineError('REFUSED', `${name} is there already`, {
		hint: phase === 'ready' ? `gangline containers ${name}` : `go on with it: gangline new ${name} --retry`,
	});
}
