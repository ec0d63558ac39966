/**
 * What a `devcontainer.json` names and what becomes of it here. Pure. It is code of the repository: what it wants inside
 * the container it gets, what would widen the container or run outside it is refused, and both are said. Nothing of this
 * machine's environment goes into it.
 */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { z } from 'zod';
import type { HostOwner } from './container-plan.ts';
import { type DevcontainerFile, type HookName, type HookWish, hookNames } from './devcontainer-file.ts';

export const devcontainerSchema = z.strictObject({
	/** Where it lies in the source. */
	path: z.string(),
	/** Of it and of its Dockerfile: who trusts its image names it. */
	hash: z.string(),
	image: z
		.discriminatedUnion('kind', [
			z.strictObject({ kind: z.literal('name'), name: z.string() }),
			z.strictObject({
				kind: z.literal('build'),
				dockerfile: z.string(),
				args: z.record(z.string(), z.string()),
				target: z.string().nullable(),
			}),
		])
		.nullable(),
	/** For everything inside. */
	env: z.record(z.string(), z.string()),
	/** For logins, hooks, agents and gates, not for the node; may name variables of the container. */
	remoteEnv: z.record(z.string(), z.string()),
	ports: z.array(z.strictObject({ inside: z.int(), label: z.string().nullable() })),
	/** In their order; the commands of one begin together. */
	hooks: z.array(
		z.strictObject({
			name: z.enum(hookNames),
			commands: z.array(z.strictObject({ name: z.string(), argv: z.array(z.string()) })),
		}),
	),
	taken: z.array(z.string()),
	left: z.array(z.strictObject({ what: z.string(), why: z.string() })),
});
export type Devcontainer = z.output<typeof devcontainerSchema>;

export interface Planned {
	readonly file: DevcontainerFile;
	/** As it was read. */
	readonly text: string;
	/** Where the file lies in the source. */
	readonly path: string;
	/** The source's folder. */
	readonly folder: string;
	/** As whom everything inside runs. */
	readonly owner: Pick<HostOwner, 'name' | 'uid'>;
	/** What its Dockerfile says; null where it has none or none was found. */
	readonly dockerfile: string | null;
}

const widens = 'it would reach out of the container';
const asOwner = 'as owner';
const engines = 'the container is made by Gangline, with bounds of its own';
/** Properties that have a meaning elsewhere and none, or a dangerous one, here. */
const notHere: Readonly<Record<string, string>> = {
	initializeCommand: 'refused: it would run on this machine, outside the container',
	runArgs: `refused: ${widens}`,
	mounts: `refused: ${widens}`,
	workspaceMount: `refused: ${widens}`,
	privileged: `refused: ${widens}`,
	capAdd: `refused: ${widens}`,
	securityOpt: `refused: ${widens}`,
	dockerComposeFile:
		'refused: services beside the container are not made. Name the image or Dockerfile of its main service here, and start what it needs in postStartCommand',
	service: 'it belongs to dockerComposeFile',
	runServices: 'it belongs to dockerComposeFile',
	features: 'they install as root from a registry: put what they bring into a Dockerfile that it names',
	overrideFeatureInstallOrder: 'features are not installed',
	workspaceFolder: 'the source has the same path inside as outside',
	remoteUser: asOwner,
	containerUser: asOwner,
	updateRemoteUserUID: asOwner,
	init: engines,
	overrideCommand: engines,
	shutdownAction: engines,
	hostRequirements: 'gangline limits says what it may use',
	secrets: 'gangline secret set, inside, keeps one',
	userEnvProbe: 'hooks get the variables of the container and of remoteEnv',
	waitFor: 'the project is ready after all hooks',
	postAttachCommand: 'nothing is told when an editor attaches',
	otherPortsAttributes: 'only ports that are named are published',
};
/** For editors, or read with another property. */
const silent = ['$schema', 'name', 'customizations', 'portsAttributes', 'extensions', 'settings', 'context'];
const known = ['image', 'build', 'dockerFile', 'containerEnv', 'remoteEnv', 'forwardPorts', 'appPort'];
const sshPortInside = 2222;
const dockerfileCharsMax = 32 * 1024;

export function planDevcontainer(planned: Planned): Devcontainer {
	const { file, path, text, dockerfile } = planned;
	const left: Devcontainer['left'] = Object.entries(file).flatMap((entry) => leftOut(entry, planned.owner));
	const say = (what: string, why: string): void => void left.push({ what: what.slice(0, 100), why });
	const hash = createHash('sha256')
		.update(JSON.stringify([text, dockerfile]))
		.digest('hex')
		.slice(0, 12);
	const fill = filler(planned, say);
	const image = imageIn(planned, { say, fill });
	const env = variables(file.containerEnv, 'containerEnv', { say, fill });
	const remoteEnv = variables(file.remoteEnv, 'remoteEnv', { say, fill });
	const ports = portsIn(file, say);
	const hooks = hookNames.flatMap((name) => hookIn(name, file[`${name}Command`], fill));
	const taken = [
		...Object.keys(env).map((name) => `containerEnv ${name}`),
		...Object.keys(remoteEnv).map((name) => `remoteEnv ${name}`),
		...ports.map(({ inside }) => `port ${inside}`),
		...hooks.map(({ name }) => `${name}Command`),
	];
	return { path, hash, image, env, remoteEnv, ports, hooks, taken, left };
}

type Say = (what: string, why: string) => void;
type Fill = (text: string) => string;
interface Means {
	readonly say: Say;
	readonly fill: Fill;
}

function leftOut([what, value]: readonly [string, unknown], owner: Planned['owner']): Devcontainer['left'] {
	if (value === false || value === null || (typeof value === 'object' && Object.keys(value).length === 0)) return [];
	const why = Object.hasOwn(notHere, what) ? notHere[what] : undefined;
	if (why === asOwner) return ownerWords(what, value, owner);
	if (why !== undefined) return [{ what, why }];
	if (silent.includes(what) || known.includes(what) || hookNames.some((name) => what === `${name}Command`)) return [];
	return [{ what: what.slice(0, 100), why: 'it is not known here' }];
}

/** Asking for whoever it is anyway needs no word. */
function ownerWords(what: string, value: unknown, { name, uid }: Planned['owner']): Devcontainer['left'] {
	if (value === true || value === name || value === `${uid}`) return [];
	const how = value === 'root' || value === '0' ? '; what needs root belongs in its Dockerfile' : '';
	return [{ what, why: `everything inside runs as you, ${name} (${uid}), who owns the source${how}` }];
}

/** Puts in what `${…}` stands for; variables of the container are put in where it is known what they are. */
function filler({ folder }: Planned, say: Say): Fill {
	const name = posix.basename(folder);
	return (text) =>
		text.replace(/\$\{([A-Za-z]+)(?::([^}]*))?\}/g, (whole, kind: string, rest: string | undefined) => {
			if (kind === 'localWorkspaceFolder' || kind === 'containerWorkspaceFolder') return folder;
			if (kind === 'localWorkspaceFolderBasename' || kind === 'containerWorkspaceFolderBasename') return name;
			if (kind === 'devcontainerId') return name.replace(/[^A-Za-z0-9]/g, '').toLowerCase() || 'project';
			if (kind !== 'localEnv' && kind !== 'env') return whole;
			const [variable = '', ...more] = (rest ?? '').split(':');
			say(`localEnv ${variable}`, 'variables of this machine stay outside: its default counts');
			return more.join(':');
		});
}

/** The same with what `${containerEnv:NAME}` stands for. */
export function withContainerEnv(
	variables: Readonly<Record<string, string>>,
	env: Readonly<Record<string, string>>,
): Record<string, string> {
	const filled = (text: string): string =>
		text.replace(/\$\{containerEnv:([A-Za-z_]\w*)(?::([^}]*))?\}/g, (_whole, name: string, rest?: string) =>
			Object.hasOwn(env, name) ? (env[name] ?? '') : (rest ?? ''),
		);
	return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, filled(value)]));
}

const imageName = /^[a-zA-Z0-9][\w.-]*(?::[0-9]+)?(?:\/[\w.-]+)*(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/;

function imageIn({ file, dockerfile }: Planned, { say, fill }: Means): Devcontainer['image'] {
	const wanted = dockerfileNamed(file);
	if (wanted === null) {
		if (file.image === undefined) return null;
		const name = fill(file.image);
		if (imageName.test(name) && name.length <= 255) return { kind: 'name', name };
		say('image', `${JSON.stringify(name.slice(0, 100))} is no name of an image`);
		return null;
	}
	const why =
		dockerfile === null
			? 'there is no such file in the source'
			: dockerfile.length > dockerfileCharsMax
				? 'it is longer than 32 KiB'
				: copies.test(dockerfile)
					? 'it copies files of the source; only a Dockerfile that needs none is built'
					: null;
	if (why !== null || dockerfile === null) {
		say(`the Dockerfile ${wanted}`, why ?? '');
		return null;
	}
	for (const one of ['context', 'options', 'cacheFrom'])
		if (file.build !== undefined && Object.hasOwn(file.build, one)) say(`build.${one}`, 'it is built without files');
	const args = Object.fromEntries(Object.entries(file.build?.args ?? {}).map(([key, value]) => [key, fill(value)]));
	return { kind: 'build', dockerfile, args, target: file.build?.target ?? null };
}

/** Of another stage, or from elsewhere, it may copy. */
const copies = /^[ \t]*(?:COPY|ADD)[ \t]+(?!--from=|https?:)/im;

/** As the file says it, beside itself. */
export function dockerfileNamed({ build, dockerFile }: DevcontainerFile): string | null {
	return build?.dockerfile ?? dockerFile ?? null;
}

/** What an agent logs in with, and where it takes that: not for a file of the repository to say. */
const agents = /^(?:ANTHROPIC|CLAUDE|OPENAI|CODEX|GEMINI|GOOGLE)_/;
/** What the container's own programs depend on. */
const ours = /^(?:(?:GANGLINE|LD|GIT|SSL|OPENSSL)_.*|NODE_(?!ENV$).*|BASH_ENV|ENV|HOME|USER|PATH|TMPDIR)$/;
const oursRemotely = /^(?:GANGLINE_.*|LD_.*|HOME|USER)$/;

function variables(
	wanted: DevcontainerFile['containerEnv'],
	property: 'containerEnv' | 'remoteEnv',
	{ say, fill }: Means,
): Record<string, string> {
	const entries = Object.entries(wanted ?? {}).flatMap(([name, value]): (readonly [string, string])[] => {
		if (agents.test(name)) {
			say(
				`${property} ${name}`,
				'an agent would take its login where that says: gangline secret set, inside, keeps one',
			);
			return [];
		}
		if ((property === 'containerEnv' ? ours : oursRemotely).test(name)) {
			say(`${property} ${name}`, 'what works on the project depends on it');
			return [];
		}
		// Null takes a variable away, and there is nothing that would have put it there.
		return value === null ? [] : [[name, fill(value)]];
	});
	if (entries.length <= 64) return Object.fromEntries(entries);
	say(property, `it has ${entries.length} variables; the first 64 count`);
	return Object.fromEntries(entries.slice(0, 64));
}

function portsIn({ forwardPorts = [], appPort = [], portsAttributes = {} }: DevcontainerFile, say: Say) {
	const found = new Map<number, Devcontainer['ports'][number]>();
	for (const one of [...forwardPorts, ...(Array.isArray(appPort) ? appPort : [appPort])]) {
		const inside = portIn(one);
		if (inside === null) say(`port ${one}`, 'it is no port of this container');
		else if (inside === sshPortInside) say(`port ${one}`, 'its sshd listens there');
		else {
			const { label } = (Object.hasOwn(portsAttributes, `${inside}`) ? portsAttributes[inside] : undefined) ?? {};
			found.set(inside, { inside, label: label?.slice(0, 100) ?? null });
		}
	}
	return [...found.values()];
}

/** `3000`, `"3000"`, `"8000:3000"`, `"localhost:3000"`; another host's is none of ours. */
function portIn(one: number | string): number | null {
	if (typeof one === 'number') return one;
	const text = /^(?:(?:localhost|127\.0\.0\.1|[0-9]{1,5}):)?([0-9]{1,5})$/.exec(one)?.[1];
	const port = Number(text);
	return port >= 1 && port <= 65_535 ? port : null;
}

function hookIn(name: HookName, wish: HookWish | undefined, fill: Fill): Devcontainer['hooks'] {
	if (wish === undefined) return [];
	const isOne = typeof wish === 'string' || Array.isArray(wish);
	const named = isOne ? [[name, wish] as const] : Object.entries(wish);
	const commands = named.flatMap(([called, command]) => {
		const argv = typeof command === 'string' ? ['sh', '-c', fill(command)] : command.map(fill);
		const isEmpty = typeof command === 'string' ? command.trim() === '' : argv[0] === undefined || argv[0] === '';
		return isEmpty ? [] : [{ name: called, argv }];
	});
	return commands.length === 0 ? [] : [{ name, commands }];
}

/** What was taken and what was not, in one line. `trusted`: what the person named. */
export function devcontainerWords({ path, hash, image, taken, left }: Devcontainer, trusted: string | null): string {
	const own = image === null ? [] : trusted === hash ? ['its image'] : [];
	const all = [...own, ...taken];
	const not = left.map(({ what, why }) => `${what} (${why})`);
	const ask =
		image === null || trusted === hash
			? ''
			: `; its image not yet: building on it runs what it brings as root in a plain container of the engine (--devcontainer ${hash} says that you trust it)`;
	const parts = [`${path}: ${all.length === 0 ? 'nothing of it counts' : `taken ${all.join(', ')}`}`];
	if (not.length > 0) parts.push(`not taken: ${not.join(', ')}`);
	return `${parts.join('; ')}${ask}`.slice(0, 2_000);
}
