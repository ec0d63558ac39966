/**
 * One seed from begin to end: a mesh comes up, people and faults act, the last fault heals, everything settles, and
 * checkers look after each step and at the end.
 */
import { createHash } from 'node:crypto';
import { toBase64 } from '../../../shared/log/index.ts';
import { SimRandom, settle } from '../../../shared/ports/sim/index.ts';
import { joinNode, type RegistryFacts } from '../../../shared/registry/index.ts';
import { allCheckers } from './checkers/index.ts';
import { countsOf } from './counts.ts';
import { drawFaults, type PlannedFault } from './faults.ts';
import { letGoOn } from './owners.ts';
import { review } from './people.ts';
import { Eyes } from './seen.ts';
import type { Checker, FaultKind, SeedOptions, SeedResult, Violation } from './types.ts';
import { unsettled } from './unsettled.ts';
import { type Action, busyMs, drawActions, Fates, fastLabel } from './workload.ts';
import { type PlannedMachine, World } from './world.ts';

const allProjects = ['01K0PRJ0000000000000000A00', '01K0PRJ0000000000000000B00'] as const;
export const speakers = ['ann', 'bob'] as const;
/** Machines with the label that some items ask for: homes among them, which nobody cuts off. */
const fastOnes: ReadonlySet<string> = new Set(['desk', 'loft', 'w1']);
const sliceMs = 250;
const settleMsMax = 400_000;
const upMsMax = 60_000;

/** `draw`: another choice of faults than the usual. */
export async function runSeed(seed: number, options: SeedOptions = {}, draw = drawFaults): Promise<SeedResult> {
	const run = new Run(seed, options, draw);
	const take = (error: unknown): void => run.unhandled(error);
	process.on('unhandledRejection', take);
	try {
		return await run.go();
	} finally {
		process.off('unhandledRejection', take);
	}
}

class Run {
	readonly #options: SeedOptions;
	readonly #draw: typeof drawFaults;
	readonly #world: World;
	readonly #eyes: Eyes;
	readonly #checkers: readonly Checker[];
	readonly #violations: Violation[] = [];
	readonly #fired = new Set<FaultKind>();
	readonly #fates: Fates;
	readonly #random: SimRandom;
	readonly #projects: readonly string[];
	#looked = 0;

	constructor(seed: number, options: SeedOptions, draw: typeof drawFaults) {
		this.#options = options;
		this.#draw = draw;
		this.#random = new SimRandom(`seed ${seed}`);
		this.#projects = allProjects.slice(0, options.projects ?? allProjects.length);
		this.#fates = new Fates(this.#random.fork('fates'), options.wild);
		this.#world = new World({ seed, wiring: options.wiring ?? {}, fate: (task) => this.#fates.next(task) });
		this.#eyes = new Eyes(this.#world);
		this.#checkers = (options.checkers ?? allCheckers)();
	}

	async go(): Promise<SeedResult> {
		const world = this.#world;
		await this.#comeUp();
		const actions = drawActions(this.#random.fork('people'), this.#projects, speakers);
		const faults = this.#draw(this.#random.fork('faults'), this.#options.only);
		const { without } = this.#options;
		const begin = world.clock.monotonic();
		const due = actions.filter((_, n) => !without?.actions.has(n)).map(later(begin));
		const coming = faults.filter((_, n) => !without?.faults.has(n));
		const last = Math.max(busyMs, ...coming.map(({ atMs, forMs }) => atMs + forMs));
		while (world.clock.monotonic() - begin < last && !this.#isOver) {
			const now = world.clock.monotonic() - begin;
			await this.#faults(coming, now);
			for (let next = due[0]; next && next.atMs <= world.clock.monotonic(); next = due[0]) {
				due.shift();
				next.run(world);
			}
			if (this.#random.below(40) === 0) review(world, speakers);
			await this.#slice();
		}
		// The last slice is over before its end: an owner gives back what was taken, whenever that was drawn.
		for (const action of due) action.run(world);
		await this.#calmDown(coming);
		await this.#end();
		return this.#result({ actions: actions.length, faults: faults.length });
	}

	unhandled(error: unknown): void {
		const what = this.#world.unhandled(error);
		if (what === null) return;
		const { step, clock } = this.#world;
		const at = Math.round(clock.monotonic());
		this.#violations.push({ invariant: 12, checker: 'an error that nobody takes', what, at, step });
	}

	get #isOver(): boolean {
		return this.#violations.length > 0 && this.#options.stopAtFirst !== false;
	}

	async #comeUp(): Promise<void> {
		const world = this.#world;
		for (const planned of machinesOf(this.#random.fork('machines'))) world.plan(planned);
		for (const [at, id] of this.#projects.entries()) {
			await world.origins.add({
				...{ id, name: ['app', 'lib'][at] ?? id, home: ['desk', 'loft'][at] ?? 'desk' },
				review: at === 1 && this.#random.below(2) === 0 ? 'human' : 'server',
				// Where it is long, only an impatient item changes hands soon.
				lostAfterSeconds: [40, 100][at] ?? 40,
				budgetUsd: this.#random.below(4) === 0 ? 12 + this.#random.below(36) : null,
				checkouts: ['desk', 'loft'],
			});
		}
		void world.boot('gate');
		await this.#until(() => Boolean(world.machine('gate').process?.core));
		await this.#join();
		for (const { name } of world.machines.values()) void world.boot(name);
		const isReady = (): boolean =>
			this.#projects.every((id) => world.projectAtHome(id)) &&
			speakers.every((who) => world.machine(who).process?.seats().length === this.#projects.length);
		await this.#until(isReady);
	}

	async #join(): Promise<void> {
		const world = this.#world;
		const core = world.machine('gate').process?.core;
		if (!core) throw new Error('there is no gateway');
		const joined = core.registry.change((facts) => {
			let next: RegistryFacts = {
				...facts,
				people: { ...facts.people, bob: { id: 'bob', access: 'member' as const } },
			};
			for (const { name, kind, person, identity, address, slots, id } of world.machines.values()) {
				if (kind === 'gateway') continue;
				const isHome = kind === 'home';
				const duties = isHome ? (['home', 'work'] as const) : kind === 'worker' ? (['work'] as const) : [];
				const joining = {
					...{
						id,
						name,
						person,
						slots,
						addresses: kind === 'laptop' ? [] : [address],
						publicKey: toBase64(identity.publicKey),
					},
					...{ duties: [...duties], worksFor: 'any' as const, labels: fastOnes.has(name) ? [fastLabel] : [] },
				};
				next = joinNode(next, joining, 1_750_000_000_000);
			}
			return { ...next, revision: facts.revision + 1 };
		});
		let isJoined = false;
		void joined.then(() => {
			isJoined = true;
		});
		await this.#until(() => isJoined);
	}

	/** Begins and heals what is due. */
	async #faults(faults: readonly PlannedFault[], now: number): Promise<void> {
		for (const planned of faults) {
			const { fault, atMs, forMs, random } = planned;
			if (planned.state === 'coming' && now >= atMs) {
				planned.state = 'on';
				const what = await fault.begin(this.#world, random);
				if (what === null) planned.state = 'over';
				else {
					this.#fired.add(fault.kind);
					this.#world.emit({ kind: 'faultBegun', fault: fault.kind, what });
				}
			} else if (planned.state === 'on' && now >= atMs + forMs) await this.#heal(planned);
		}
	}

	async #heal(planned: PlannedFault): Promise<void> {
		planned.state = 'over';
		await planned.fault.heal(this.#world);
		this.#world.emit({ kind: 'faultHealed', fault: planned.fault.kind, what: '' });
	}

	async #slice(): Promise<void> {
		const world = this.#world;
		world.step += 1;
		await world.clock.advance(sliceMs);
		await settle();
		await world.observe();
		if (world.events.length === this.#looked) return;
		this.#looked = world.events.length;
		const seen = await this.#eyes.look();
		for (const checker of this.#checkers) this.#note(checker, checker.step(seen));
	}

	#note({ invariant, name }: Checker, found: readonly string[]): void {
		const { step, clock } = this.#world;
		for (const what of found) {
			this.#violations.push({ invariant, checker: name, what, at: Math.round(clock.monotonic()), step });
		}
	}

	/** Everything is healed and comes up; people answer what waits for them; then all of it settles or not. */
	async #calmDown(faults: readonly PlannedFault[]): Promise<void> {
		const world = this.#world;
		for (const planned of faults) if (planned.state === 'on') await this.#heal(planned);
		world.net.heal();
		world.repeatPercent = 0;
		for (const { name, process } of world.machines.values()) if (!process) world.bootSoon(name, 100);
		world.isCalm = true;
		world.emit({ kind: 'calm' });
		const end = world.clock.monotonic() + settleMsMax;
		const calm = world.step;
		for (let quiet = 0; quiet < 16 && world.clock.monotonic() < end && !this.#isOver; ) {
			if ((world.step - calm) % 20 === 0) {
				review(world, speakers);
				letGoOn(world);
			}
			await this.#slice();
			quiet = this.#isSettled() ? quiet + 1 : 0;
		}
	}

	#isSettled(): boolean {
		return unsettled(this.#world, this.#projects).next().done === true;
	}

	async #end(): Promise<void> {
		if (this.#isOver) return;
		const seen = await this.#eyes.look();
		for (const checker of this.#checkers) this.#note(checker, await checker.end(seen));
	}

	async #until(isThere: () => boolean): Promise<void> {
		for (let passed = 0; passed < upMsMax; passed += sliceMs) {
			if (isThere()) return;
			await this.#slice();
		}
		throw new Error(
			`seed ${this.#world.seed}: the mesh does not come up: ${JSON.stringify(this.#world.events)} ${this.complaints().slice(-5).join('\n')}`,
		);
	}

	complaints(): readonly string[] {
		return [...this.#world.machines.values()].flatMap(({ name, log }) =>
			log.lines
				.filter(({ level }) => level !== 'info')
				.map(
					({ event, fields }) =>
						`${name} ${event} ${String((fields.error as Error | undefined)?.stack ?? JSON.stringify(fields))}`,
				),
		);
	}

	async #result(drawn: { readonly actions: number; readonly faults: number }): Promise<SeedResult> {
		const world = this.#world;
		const trace = [...world.events];
		for (const { name } of world.machines.values()) world.crash(name, 'process', 'the run is over');
		const hash = createHash('sha256').update(JSON.stringify(trace)).digest('hex');
		return {
			...{ seed: world.seed, hash, trace, drawn, violations: this.#violations },
			counts: countsOf(world, trace),
			fired: [...this.#fired],
			behaviours: [...this.#fates.seen],
		};
	}
}

const later =
	(begin: number) =>
	(action: Action): Action => ({ ...action, atMs: action.atMs + begin });

function machinesOf(random: SimRandom): readonly PlannedMachine[] {
	const workers = Array.from({ length: 2 + random.below(2) }, (_, n) => `w${n + 1}`);
	return [
		{ name: 'gate', kind: 'gateway', person: null, slots: 0 },
		{ name: 'desk', kind: 'home', person: null, slots: 1 },
		{ name: 'loft', kind: 'home', person: null, slots: 1 },
		...workers.map((name) => ({ name, kind: 'worker' as const, person: null, slots: 3 })),
		...speakers.map((name) => ({ name, kind: 'laptop' as const, person: name, slots: 1 })),
	];
}
