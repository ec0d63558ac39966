/**
 * Projects in containers on the machines of other members: begun, gone on with, looked at, changed, forgotten. What is
 * done there is that machine's to do (node/provision); here is which machine it is, what was wished for, and who may come.
 */
import { type Args, type Caller, type ContainerView, operations, type Result } from '../../shared/operations/index.ts';
import { pause } from '../../shared/ports/clock.ts';
import { ganglineError } from '../../shared/ports/index.ts';
import { Turns } from '../../shared/ports/turns.ts';
import {
	type ProvisionOperation,
	provisionLogins,
	provisionMethod,
	provisionRename,
	provisionSleep,
} from '../../shared/protocol/provision.ts';
import { isFinal } from './machine-line.ts';
import type { Place } from './places.ts';
import { isNothing, lookMsMax, There, type ThereOptions } from './there.ts';

export interface OtherMachinesOptions extends ThereOptions {
	/** A one-time token; the one before becomes useless. @throws GanglineError REFUSED where no other machine could use it */
	readonly joinToken: (place: Place) => Promise<{ readonly text: string; readonly id: string }>;
	/** Calls its node and its project so in the registry. @throws GanglineError REFUSED where the name is taken */
	readonly renamed: (
		about: { readonly node: string | null; readonly project: string | null },
		to: string,
	) => Promise<void>;
	/** Takes its node and its project out of the registry; answers that in words. */
	readonly removed: (
		about: Pick<Place, 'name' | 'token'> & { readonly node: null; readonly project: string | null },
		isPurged: boolean,
	) => Promise<readonly string[]>;
}

/** What people ask of one container that was begun. */
export type AskedThere = Exclude<
	ProvisionOperation,
	'container.create' | 'container.list' | 'container.prune' | 'container.remove'
>;

const wakeMsMax = 30_000;
const wakeLookMs = 200;

export class OtherMachines {
	readonly there: There;
	readonly #options: OtherMachinesOptions;
	/** Who gives a name looks at all of them first, so one at a time does. */
	readonly #turns = new Turns();
	readonly #stopping = new AbortController();

	constructor(options: OtherMachinesOptions) {
		this.#options = options;
		this.there = new There(options);
	}

	has(name: string): boolean {
		return this.#options.places.find(name) !== undefined;
	}

	all(): readonly Place[] {
		return this.#options.places.all();
	}

	/** The one that a project has on another machine. */
	nameOf(project: string): string | null {
		return this.all().find(({ seen }) => seen?.project === project)?.name ?? null;
	}

	/** Begins there, and answers at once. */
	create(args: Args<'container.create'>, caller: Caller): Promise<Result<'container.create'>> {
		return this.#turns.run('', () => this.#create(args, caller));
	}

	async #create(args: Args<'container.create'>, caller: Caller): Promise<Result<'container.create'>> {
		const { places, log, line } = this.#options;
		const known = places.find(args.name);
		const begun = known === undefined ? this.#fresh(args, caller) : this.#again(known, args);
		const now = known === undefined ? null : await this.#now(known);
		const on = line.nameOf(begun.node);
		// It went on without us: another token would make the one that it has useless.
		if (now?.state === 'making') return { container: now, answer: `${args.name} is being made, on ${on}` };
		const place = { ...begun, seen: places.find(args.name)?.seen ?? null };
		const token = await this.#tokenFor(place, known === undefined);
		// A kill may have come between what was kept here and the question.
		const retry = known === undefined ? args.retry : now !== null;
		const question = { operation: 'container.create', args: { ...place.wish, retry }, caller, token } as const;
		try {
			const answer = operations['container.create'].result.parse(await this.there.ask(place, question));
			log.info('container.begunThere', { name: place.name, on, by: caller.person, retry });
			const container = await this.there.heard(place.name, answer.container);
			return { container, answer: `${answer.answer}, on ${on}` };
		} catch (error) {
			// What was refused at once is not there; what may have been heard is gone on with by a retry.
			if (known === undefined && isFinal(error)) await this.#forget(place.name);
			throw error;
		}
	}

	#fresh(args: Args<'container.create'>, { person }: Caller): Place {
		const { line, here, clock } = this.#options;
		const { name, on = '', retry: _retry, ...wish } = args;
		const node = line.named(on).id;
		if (here.has(name) || this.all().some(({ madeAs }) => madeAs === name)) {
			throw ganglineError('REFUSED', `a project in a container is called ${name} already, or was at first`, {
				hint: `gangline containers ${name}`,
			});
		}
		const kept = { ...wish, name, retry: false };
		return { ...{ name, madeAs: name, node, person, wish: kept, token: null, seen: null }, madeAt: clock.now() };
	}

	/** A wish may be mended where it failed. */
	#again(known: Place, args: Args<'container.create'>): Place {
		const { line } = this.#options;
		if (!args.retry) {
			throw ganglineError('REFUSED', `${known.name} is there already, on ${line.nameOf(known.node)}`, {
				hint: `go on with it: gangline new ${known.name} --retry`,
			});
		}
		if (args.on !== undefined && line.named(args.on).id !== known.node) {
			throw ganglineError('REFUSED', `${known.name} is on ${line.nameOf(known.node)}, and no container moves`, {
				hint: `go on with it there: gangline new ${known.name} --retry`,
			});
		}
		const { on: _on, retry: _retry, ...mended } = args;
		return { ...known, wish: { ...known.wish, ...mended, retry: false } };
	}

	/** What people ask of one container, asked there. What is to be seen of it is answered while its machine is away too. */
	async ask<Name extends AskedThere>(name: Name, args: Args<Name>, caller: Caller): Promise<Result<Name>> {
		const { places, line } = this.#options;
		const place = places.get(args.name);
		const isLook = name === 'container.show';
		if (isLook && !line.isLinked(place.node)) return { container: this.there.away(place) } as Result<Name>;
		const token = name === 'container.rebuild' ? await this.#tokenToRebuild(place) : null;
		const question = { operation: name, args: { ...args }, caller, token };
		try {
			const result = operations[name].result.parse(await this.there.ask(place, question));
			const seen = 'container' in result ? { container: await this.there.heard(place.name, result.container) } : {};
			return { ...result, ...seen } as Result<Name>;
		} catch (error) {
			if (isLook && isNothing(error)) return { container: this.there.untold(place) } as Result<Name>;
			throw error;
		}
	}

	/** Of all of them, those of machines that are away as they were seen last. */
	async list({ person }: Caller): Promise<readonly ContainerView[]> {
		const nodes = new Set(this.all().map(({ node }) => node));
		await Promise.all([...nodes].map((node) => this.there.learn(node, person)));
		return this.all().map((place) => this.there.lately(place));
	}

	/** What is left over on machines that can be asked; with `dryRun` nothing is removed. */
	async prune(args: Args<'container.prune'>, { person }: Caller): Promise<Result<'container.prune'>['things']> {
		const { line, log } = this.#options;
		const question = { operation: 'container.prune', args, person, token: null } as const;
		const answers = line.linked().map(async (node) => {
			try {
				const { things } = operations['container.prune'].result.parse(await line.ask(node, provisionMethod, question));
				return things.map((thing) => ({ ...thing, on: line.nameOf(node) }));
			} catch (error) {
				// Its engine may be away; what is left over there is found the next time.
				log.info('machine.notPruned', { node, why: error instanceof Error ? error.message : String(error) });
				return [];
			}
		});
		return (await Promise.all(answers)).flat();
	}

	/** The registry first: it alone may refuse, and asked again it agrees; so does the machine. */
	rename(name: string, to: string): Promise<ContainerView> {
		return this.#turns.run('', async () => {
			const { places, line, here, renamed } = this.#options;
			const place = places.get(name);
			if (to !== name && (here.has(to) || this.has(to))) {
				throw ganglineError('REFUSED', `a project in a container is called ${to} already`, {
					hint: `gangline containers ${to}`,
				});
			}
			line.requireLinked(place.node);
			const project = place.seen?.project ?? null;
			await renamed({ node: this.there.homeOf(project), project }, to);
			const { container } = await line.ask(place.node, provisionRename, { name, to }).catch(async (error: unknown) => {
				// It heard so before, and its answer was lost.
				if (!isNothing(error)) throw error;
				return { container: await this.there.showThere(place, to) };
			});
			if (to !== name) await places.rename(place, to);
			return this.there.heard(to, container);
		});
	}

	/** Stopped until something is to do. */
	async sleep(name: string): Promise<ContainerView> {
		const { places, line } = this.#options;
		const { node } = places.get(name);
		return this.there.heard(name, (await line.ask(node, provisionSleep, { name })).container);
	}

	async logins(name: string): Promise<number> {
		const { places, line } = this.#options;
		return (await line.ask(places.get(name).node, provisionLogins, { name }, lookMsMax)).logins;
	}

	/** Starts it where it sleeps, and waits until its node is connected. False: it does not sleep, or did not come. */
	async wake(name: string): Promise<boolean> {
		const { places, clock, line } = this.#options;
		const place = places.find(name);
		const home = this.there.homeOf(place?.seen?.project ?? null);
		if (place?.seen?.asleep !== true || home === null) return false;
		await this.ask('container.start', { name }, this.there.own);
		const deadline = clock.monotonic() + wakeMsMax;
		while (!line.isLinked(home) && clock.monotonic() < deadline && !this.#stopping.signal.aborted)
			await pause(clock, wakeLookMs, this.#stopping.signal);
		return line.isLinked(home);
	}

	/** The same by its project. */
	async wakeProject(project: string): Promise<boolean> {
		const name = this.nameOf(project);
		return name !== null && (await this.wake(name));
	}

	/** Says what is gone there and what stays; one whose machine was cut off is forgotten here. */
	async remove(args: Args<'container.remove'>, caller: Caller): Promise<Result<'container.remove'>> {
		const { places, line } = this.#options;
		const place = places.get(args.name);
		const machine = line.nameOf(place.node);
		if (args.confirm !== place.name) {
			throw ganglineError('REFUSED', `${JSON.stringify(args.confirm)} is not ${place.name}: nothing was removed`, {
				hint: 'give the name once more, exactly',
			});
		}
		if (!line.isMember(place.node)) {
			// Its key is with whoever has that machine.
			const gone = [...(await this.#putOut(place, true))];
			await this.#forget(place.name);
			return { answer: `${place.name} is forgotten here`, gone, stays: [`all that ${machine} has of it`] };
		}
		const question = { operation: 'container.remove', args: { ...args }, caller } as const;
		const answer = await this.there.ask(place, question).catch((error: unknown) => {
			if (!isNothing(error)) throw error;
			return { answer: `${place.name} is gone: ${machine} has nothing of it`, gone: [], stays: [] };
		});
		const result = operations['container.remove'].result.parse(answer);
		const left = await this.#putOut(place, args.purge);
		await this.#forget(place.name);
		const onIt = (what: string): string => `${what}, on ${machine}`;
		return { answer: result.answer, gone: [...result.gone.map(onIt), ...left], stays: result.stays.map(onIt) };
	}

	#putOut({ name, token, seen }: Place, isPurged: boolean): Promise<readonly string[]> {
		const project = seen?.project ?? null;
		return this.#options.removed({ name, token, project, node: null }, isPurged);
	}

	stop(): void {
		this.#stopping.abort();
	}

	async #forget(name: string): Promise<void> {
		const { places, forgetToken } = this.#options;
		const place = places.find(name);
		if (place === undefined) return;
		if (place.token !== null) await forgetToken(place.token);
		await places.remove(name);
	}

	/** As its machine says now; null where that has nothing of it. */
	async #now(place: Place): Promise<ContainerView | null> {
		try {
			return await this.there.heard(place.name, await this.there.showThere(place, place.name));
		} catch (error) {
			if (isNothing(error)) return null;
			throw error;
		}
	}

	/** @throws GanglineError REFUSED while it is being made */
	async #tokenToRebuild(place: Place): Promise<string | null> {
		const now = hasJoined(place) ? null : await this.#now(place);
		if (now?.state !== 'making') return this.#tokenFor(this.#options.places.get(place.name), false);
		throw ganglineError('REFUSED', `${place.name} is being made right now, on ${now.on?.name}`, {
			hint: `gangline containers ${place.name}`,
		});
	}

	/** For its next making, kept before anybody hears of it; null: its node has joined. */
	async #tokenFor(place: Place, isNew: boolean): Promise<string | null> {
		const { places, joinToken, forgetToken, line } = this.#options;
		line.requireLinked(place.node);
		if (hasJoined(place)) return null;
		const { text, id } = await joinToken(place);
		// Meanwhile more was heard of it, or it was called something else, or removed.
		const now = this.all().find(({ madeAs }) => madeAs === place.madeAs);
		if (now === undefined && !isNew) {
			await forgetToken(id);
			places.get(place.name);
		}
		await places.put(now === undefined ? { ...place, token: id } : { ...now, wish: place.wish, token: id });
		return text;
	}
}

/** A container that was made to its end has a node of its own. */
function hasJoined({ seen }: Place): boolean {
	return seen !== null && (seen.state === 'running' || seen.state === 'stopped' || seen.state === 'gone');
}
