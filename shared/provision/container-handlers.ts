/** Answers what is asked about projects in containers of this machine, at a gateway and at a node that provisions. */
import { join } from 'node:path';
import type { Environment } from '../git/index.ts';
import type { Handlers } from '../operations/index.ts';
import { ganglineError, type Log } from '../ports/index.ts';
import type { Containers } from './containers.ts';

export interface AskedHere {
	readonly containers: Containers;
	/** Of whoever runs this process. */
	readonly environment: Environment;
	readonly log: Log;
}

type Names =
	`container.${'create' | 'list' | 'show' | 'start' | 'stop' | 'rebuild' | 'limits' | 'idleStop' | 'remove' | 'prune'}`;

export function containerHandlers({ containers, environment, log }: AskedHere): Pick<Handlers, Names> {
	return {
		'container.create': async (args, caller) => {
			const { on: _on, ...wish } = args;
			const path = args.path ?? homeFolderOf(args.name, environment);
			const container = await containers.create({ ...wish, path }, caller.person);
			log.info('container.begun', { name: args.name, by: caller.person, retry: args.retry });
			return { container, answer: `${args.name} is being made` };
		},
		'container.list': async () => ({ containers: [...(await containers.list())] }),
		'container.show': async ({ name }) => ({ container: await containers.view(name) }),
		'container.start': async ({ name }) => ({ container: await containers.start(name), answer: `${name} is started` }),
		'container.stop': async ({ name }) => ({
			container: await containers.stop(name),
			answer: `${name} is stopped; resumable work is kept`,
		}),
		'container.rebuild': async (args) => ({
			container: await containers.rebuild(args),
			answer: `${args.name} gets a new container; source and state stay`,
		}),
		'container.limits': async ({ name, limits }) => {
			const container = await containers.limit(name, limits);
			const { cpus, memory, pids, disk = null } = container.limits;
			const room = disk === null ? '' : `, ${disk} bytes of disk for source and state`;
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
			const things = await containers.leftovers();
			if (!dryRun) await containers.prune(things);
			const what = things.length === 1 ? '1 thing' : `${things.length} things`;
			const words = things.length === 0 ? 'nothing is left over' : `${what} ${dryRun ? 'would be removed' : 'removed'}`;
			return { things: things.map((thing) => ({ ...thing, on: null })), removed: !dryRun, answer: words };
		},
	};
}

/** Where the source lies when nobody says it. @throws GanglineError INVALID_ARGUMENT */
function homeFolderOf(name: string, { HOME }: Environment): string {
	if (HOME?.startsWith('/') === true) return join(HOME, name);
	throw ganglineError('INVALID_ARGUMENT', `nobody says where the source of ${name} lies, and there is no home folder`, {
		hint: `name the folder: gangline new ${name} --path /srv/${name}`,
	});
}
