/**
 * The steps that a `devcontainer.json` brings: reading it as it is committed, and its hooks, each run inside as the owner
 * of the source once the project has joined. A hook that has ended well is not run again in the same container; one that
 * failed or was cut off is, by `--retry`. Nothing of it runs on this machine.
 */
import { posix } from 'node:path';
import { inspectRepository, onlyReading, readCheckoutTree } from '../git/index.ts';
import { ganglineError } from '../ports/index.ts';
import { containerFolder, pathInside, stateInside } from './container-plan.ts';
import type { ContainersOptions } from './containers-options.ts';
import { devcontainerPlaces, parseDevcontainer } from './devcontainer-file.ts';
import {
	type Devcontainer,
	devcontainerWords,
	dockerfileNamed,
	planDevcontainer,
	withContainerEnv,
} from './devcontainer-plan.ts';
import { freePort, keptOrFree } from './free-port.ts';
import type { MakeLog } from './make-log.ts';
import type { CommandWish, Provisioner, PublishedPort } from './provisioner.ts';
import { type ContainerRecord, engineNameOf, portsTaken } from './records.ts';
import type { Step } from './run-steps.ts';
import { SharedFolder } from './shared-folder.ts';

export interface DevcontainerMaking {
	readonly options: {
		readonly environment: ContainersOptions['environment'];
		readonly owner: ContainersOptions['owner'];
		readonly records: Pick<ContainersOptions['records'], 'all'>;
		readonly provisioner: Pick<Provisioner, 'condition' | 'run'>;
	};
	readonly log: MakeLog;
	readonly folder: string;
}

type Options = DevcontainerMaking['options'];
type Hook = Devcontainer['hooks'][number];

export function devcontainerStep(making: DevcontainerMaking): Step {
	const { options } = making;
	return {
		name: 'devcontainer',
		doing: 'looking for a devcontainer.json',
		run: async ({ record }) => {
			const found = record.wantedDevcontainer === 'none' ? null : await readDevcontainer(record.path, options);
			if (found !== null && 'several' in found) {
				const words = `left alone: there are several (${found.several.join(', ')}), and none of them is ${devcontainerPlaces[0]}`;
				return { words, change: { devcontainer: null } };
			}
			const words =
				record.wantedDevcontainer === 'none' ? 'left alone' : 'there is none: the files say what it is written in';
			return {
				words: found === null ? words : devcontainerWords(found, record.wantedDevcontainer),
				change: { devcontainer: found },
				more: (found?.hooks ?? []).map((hook) => hookStep(making, hook)),
			};
		},
	};
}

/** One of several that editors let a person choose from. */
const otherPlace = /^\.devcontainer\/[^/]{1,100}\/devcontainer\.json$/;

/** As HEAD has it; null where there is none. @throws GanglineError INVALID_CONFIG */
async function readDevcontainer(
	path: string,
	{ environment, owner }: Options,
): Promise<Devcontainer | { readonly several: readonly string[] } | null> {
	const reading = onlyReading(environment);
	const facts = await inspectRepository(path, reading, { dirty: false });
	if (facts.kind !== 'checkout' || facts.head.kind === 'unborn') return null;
	const tree = await readCheckoutTree(path, reading);
	const others = tree.files.filter((file) => otherPlace.test(file));
	if (others.length > 1 && !devcontainerPlaces.some((place) => tree.files.includes(place))) {
		return { several: others.slice(0, 8) };
	}
	for (const place of [...devcontainerPlaces, ...others]) {
		const text = await tree.read(place);
		if (text === null) continue;
		const file = parseDevcontainer(text, place);
		const named = dockerfileNamed(file);
		const dockerfile = named === null ? null : await tree.read(posix.join(posix.dirname(place), named));
		return planDevcontainer({ file, text, path: place, folder: path, owner, dockerfile });
	}
	return null;
}

/**
 * Where its ports are published: taken when the container is made, because what was free minutes ago may be somebody
 * else's by now. Where `holds` they stay where they are: of one that has joined people have the addresses, and one that runs
 * has them itself.
 */
export async function portsFor(
	record: ContainerRecord,
	{ records, isPortFree }: Pick<Options, 'records'> & Pick<ContainersOptions, 'isPortFree'>,
	holds: boolean,
): Promise<PublishedPort[]> {
	const taken = new Set([record.sshPort, ...portsTaken(records.all().filter(({ name }) => name !== record.name))]);
	const ports: PublishedPort[] = [];
	for (const { inside } of record.devcontainer?.ports ?? []) {
		const before = record.ports.find((one) => one.inside === inside);
		const isKept = before !== undefined && holds;
		const host = isKept
			? before.host
			: await (before ? keptOrFree(before.host, taken, isPortFree) : freePort(taken, isPortFree));
		taken.add(host);
		ports.push({ inside, host });
	}
	return ports;
}

function hookStep(making: DevcontainerMaking, hook: Hook): Step {
	const { options, log } = making;
	return {
		name: hook.name,
		doing: `running its ${hook.name}Command`,
		run: async ({ record, say }) => {
			const condition = await options.provisioner.condition(engineNameOf(record));
			if (condition.kind !== 'running') throw ganglineError('ENGINE_FAILED', 'its container does not run');
			const done = record.hooksDone?.container === condition.id ? record.hooksDone.names : [];
			const mark = JSON.stringify(hook);
			// Also where it has run: the making of a container takes away what an earlier one left.
			const commands = hook.name === 'postStart' ? [await startScript(making, record, hook)] : hook.commands;
			if (done.includes(mark)) return { words: 'it has run in this container' };
			const onLine = (line: string): void => {
				log.write(line);
				say(line.slice(0, 200));
			};
			const ends = await Promise.allSettled(
				commands.map((command) => runHook(options, { record, hook, command, onLine })),
			);
			// All have ended: nothing is said of a step that is over.
			for (const end of ends) if (end.status === 'rejected') throw end.reason;
			const count = commands.length === 1 ? 'it' : `all ${commands.length} commands`;
			return {
				words: `${count} ended well`,
				change: { hooksDone: { container: condition.id, names: [...done, mark] } },
			};
		},
	};
}

interface HookRun {
	readonly record: ContainerRecord;
	readonly hook: Hook;
	readonly command: Hook['commands'][number];
	readonly onLine: (line: string) => void;
}

/** More than any set-up that somebody waits for takes. */
const hookSecondsMax = 3_600;
/**
 * One that was cut off from us goes on inside: the next try waits for its end instead of working beside it. What a hook
 * leaves running does not hold the lock.
 */
const alone = `command -v flock >/dev/null || exec timeout -k 10 ${hookSecondsMax} "$@"; exec flock -o -w ${hookSecondsMax} "$0" timeout -k 10 ${hookSecondsMax} "$@"`;

async function runHook(options: Options, { record, hook, command, onLine }: HookRun): Promise<void> {
	let last = '';
	const lock = `/tmp/gangline-hook-${hook.name}-${hook.commands.indexOf(command)}`;
	const wish: CommandWish = {
		name: engineNameOf(record),
		argv: ['sh', '-c', alone, lock, ...command.argv],
		env: remoteEnvOf(record),
		folder: record.path,
	};
	const code = await options.provisioner.run(wish, (line) => {
		last = line;
		onLine(hook.commands.length === 1 ? line : `${command.name}: ${line}`);
	});
	if (code === 0) return;
	const which = hook.commands.length === 1 ? '' : ` ${command.name}`;
	const why = code === 124 ? `was ended after ${hookSecondsMax / 60} minutes` : `ended with exit code ${code}`;
	const words = last === '' ? '' : `; its last words: ${last.slice(0, 500)}`;
	throw ganglineError('UNSUITABLE_REPOSITORY', `its ${hook.name}Command${which} ${why}${words}`, {
		hint: `mend it in ${record.devcontainer?.path ?? 'devcontainer.json'} and commit that, or what it needs inside: gangline ssh ${record.name}`,
	});
}

/** What a login and a hook see besides the variables of the container. */
export function remoteEnvOf({ devcontainer, imagePath }: ContainerRecord): Record<string, string> {
	const { env = {}, remoteEnv = {} } = devcontainer ?? {};
	return withContainerEnv(remoteEnv, { HOME: `${stateInside}/home`, ...env, PATH: pathInside(imagePath) });
}

/** The same for agents, gates and set-up, with the variables of the container, of which they get none by themselves. */
export function givenOf(record: ContainerRecord): Record<string, string> {
	return { ...record.devcontainer?.env, ...remoteEnvOf(record) };
}

const startName = 'post-start';

/** A program of its own, which the container runs at each later start by itself. */
async function startScript({ folder }: DevcontainerMaking, record: ContainerRecord, { commands }: Hook) {
	await using hooks = await SharedFolder.open(containerFolder(folder).state, 'hooks');
	const settings = Object.entries(remoteEnvOf(record)).map(([name, value]) => `export ${name}=${quoted(value)}`);
	const runs = commands.map(({ argv }) => `${argv.map(quoted).join(' ')} & pids="$pids $!"`);
	const lines = ['#!/bin/sh', `cd ${quoted(record.path)} || exit 1`, ...settings, 'pids= code=0', ...runs];
	const text = [...lines, 'for pid in $pids; do wait "$pid" || code=$?; done', 'exit $code', ''].join('\n');
	await hooks.write(startName, text, 0o700);
	return { name: 'postStart', argv: [`${stateInside}/hooks/${startName}`] };
}

/** Before a new container starts: the hook of the old one must not run before those that come first. */
export async function forgetStart(folder: string): Promise<void> {
	await using hooks = await SharedFolder.open(containerFolder(folder).state, 'hooks');
	await hooks.remove(startName);
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
