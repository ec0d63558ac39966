/** Answers what is asked about projects in containers of this machine, at a gateway and at a node that provisions. */
import type { Environment } from '../git/index.ts';
import type { Handlers } from '../operations/index.ts';
import { ganglineError, type Log } from '../ports/index.ts';
import type { Containers } from './containers.ts';
import { isKept, keptThings } from './kept-state.ts';

export interface AskedHere {
	readonly containers: Containers;
	/** Of whoever runs this process. */
	readonly environment: Environment;
	readonly log: Log;
}

type Names =
	`container.${'create' | 'list' | 'show' | 'start' | 'stop' | 'rebuild' | 'limits' | 'idleStop' | 'remove' | 'prune'}`;

export function containerHandlers({ containers, log }: AskedHere): Pick<Handlers, Names> {
	return {
		'container.create': async (args, caller) => {
			const { on: _on, ...wish } = args;
			const container = await containers.create(wish, caller.person);
			log.info('container.begun', { name: args.name, by: caller.person, retry: args.retry });
			return { container, answer: `${args.name} is being made` };
		},
		'container.list': async () => ({ containers: [...(await containers.list())] }),
		'container.show': async ({ name }) => ({ container: await containers.view(name) }),
		'container.start': async ({ name }) => {
			const container = await containers.start(name);
			const isMade = container.state === 'making';
			return {
				container,
				answer: isMade ? `${name} gets another port: somebody has taken its own` : `${name} is started`,
			};
		},
		'container.stop': async ({ name }) => ({
			container: await containers.stop(name),
			answer: `${name} is stopped; resumable work is kept`,
		}),
		'container.rebuild': async (args) => ({
			container: await containers.rebuild(args),
			answer: `${args.name} is made anew as far as anything of it is different; source and state stay`,
		}),
		'container.limits': async ({ name, limits }) => {
			const container = await containers.limit(name, limits);
			const { cpus, memory, pids, disk = null } = container.limits;
			const room = disk === null ? '' : `, ${disk} bytes of disk for source, state and downloads`;
			const words = `${cpus} processors, ${memory} bytes of memory, ${pids} processes${room}`;
			return { container, answer: `${name} may use ${words}` };
		},
		'container.idleStop': async ({ name, afterMs }) => {
			const container = await containers.idleStop(name, afterMs);
			const words =
				afterMs === null ? 'runs on' : `stops after ${Math.round(afterMs / 60_000)} min without anything to do`;
			return { container, answer: `${name} ${words}` };
		},
		'container.remove': async ({ name, confirm, purge }) => {
			if (confirm !== name) {
				throw ganglineError('REFUSED', `${JSON.stringify(confirm)} is not ${name}: nothing was removed`, {
					hint: 'give the name once more, exactly',
				});
			}
			const { gone, stays } = await containers.remove(name, purge);
			log.info('container.removed', { name, purge });
			return { answer: `${name} is gone from here`, gone, stays };
		},
		'container.prune': async ({ dryRun }) => {
			const left = await containers.leftovers();
			if (!dryRun) await containers.prune(left);
			const kept = dryRun ? await keptThings(await containers.kept()) : [];
			const things = [...left, ...kept].map((thing) => ({ ...thing, on: null }));
			return { things, removed: !dryRun, answer: pruneWords(things, dryRun) };
		},
	};
}

/** Kept state is told of, and goes by its name alone. */
export function pruneWords(things: readonly { readonly kind: string }[], dryRun: boolean): string {
	const [kept, left] = [things.filter(isKept).length, things.filter((thing) => !isKept(thing)).length];
	const what = left === 1 ? '1 thing' : `${left} things`;
	const words = left === 0 ? 'nothing is left over' : `${what} ${dryRun ? 'would be removed' : 'removed'}`;
	if (kept === 0) return words;
	return `${words}; state of ${kept === 1 ? '1 deleted project is' : `${kept} deleted projects is`} kept until it is named: gangline project delete <name> --purge`;
}
