/**
 * The environment, read once and validated to a frozen value. Nothing else in node/ reads it. Precedence: the
 * environment over the defaults; the projects' own settings are in their `.gangline/project.toml`.
 */
import { hostname } from 'node:os';
import { z } from 'zod';
import { ganglineError } from '../shared/ports/index.ts';
import { baseImageSchema, hostPortsSchema, type StateFolder, stateFolder } from '../shared/project/index.ts';

export interface NodeConfig {
	readonly state: StateFolder;
	/** What people call this machine. */
	readonly name: string;
	/** Loopback only: other machines come in over the mesh, with a key. */
	readonly host: '127.0.0.1';
	/** 0: any free port. */
	readonly port: number;
	readonly logLevel: 'info' | 'warn' | 'error';
	/** Items worked on at once on this machine, over all projects. */
	readonly slots: number | null;
	/** Where projects' people, agents and gates find their programs; nothing else of our environment reaches them. */
	readonly personEnvironment: Readonly<Record<string, string>>;
	/** What the container of a provisioner gives to all that works in it: agents, gates, set-up. */
	readonly given: Readonly<Record<string, string>>;
	/** What images of projects are built on that the gateway has made here. */
	readonly baseImage: string;
	/** What these reach of this machine besides the mesh. */
	readonly hostPorts: 'all' | readonly number[];
	/** What a provisioner left for a node that it has made; null for one that a person starts. */
	readonly provisioned: {
		readonly joinFile: string;
		readonly project: string;
		/** Where the volume with its downloads lies; null where it has none. */
		readonly caches: string | null;
		/** The folder of its sshd's keys, and the port of 127.0.0.1 where that listens; null where it has none. */
		readonly ssh: { readonly folder: string; readonly port: number } | null;
	} | null;
}

const schema = z.object({
	GANGLINE_PORT: z.coerce.number().int().min(0).max(65_535).default(7420),
	GANGLINE_LOG: z.enum(['info', 'warn', 'error']).default('info'),
	GANGLINE_SLOTS: z.coerce.number().int().min(1).max(64).optional(),
	GANGLINE_JOIN_FILE: z.string().startsWith('/', 'an absolute path').optional(),
	GANGLINE_CACHES: z.string().startsWith('/', 'an absolute path').optional(),
	GANGLINE_PROJECT: z.string().startsWith('/', 'an absolute path').optional(),
	GANGLINE_BASE_IMAGE: baseImageSchema,
	GANGLINE_HOST_PORTS: hostPortsSchema,
	GANGLINE_SSH_FOLDER: z.string().startsWith('/', 'an absolute path').optional(),
	GANGLINE_GIVEN: z
		.string()
		.transform((text, context) => {
			try {
				return JSON.parse(text) as unknown;
			} catch {
				context.addIssue({ code: 'custom', message: 'expected an object in JSON' });
				return z.NEVER;
			}
		})
		.pipe(z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'the name of a variable'), z.string()))
		.default({}),
	GANGLINE_SSH_PORT: z.coerce.number().int().min(1).max(65_535).default(2222),
	GANGLINE_NAME: z
		.string()
		.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and `-`, at most 32')
		.optional(),
});

/** Reads the node's configuration. @throws GanglineError INVALID_CONFIG naming the variable and what was expected. */
export function readConfig(env: NodeJS.ProcessEnv): NodeConfig {
	const parsed = schema.safeParse(env);
	if (!parsed.success) {
		const issue = parsed.error.issues[0];
		const key = String(issue?.path[0] ?? 'environment');
		throw ganglineError(
			'INVALID_CONFIG',
			`${key} is ${JSON.stringify(env[key]?.slice(0, 100))}: ${issue?.message ?? 'invalid'}`,
			{
				hint: `unset ${key}, or set it to what is expected`,
			},
		);
	}
	const { GANGLINE_PORT, GANGLINE_LOG, GANGLINE_SLOTS, GANGLINE_NAME } = parsed.data;
	const { GANGLINE_JOIN_FILE: joinFile, GANGLINE_PROJECT: project } = parsed.data;
	const { GANGLINE_SSH_FOLDER: folder, GANGLINE_SSH_PORT: port } = parsed.data;
	const caches = parsed.data.GANGLINE_CACHES ?? null;
	const ssh = folder === undefined ? null : { folder, port };
	return Object.freeze({
		state: stateFolder(env),
		name: GANGLINE_NAME ?? machineName(),
		host: '127.0.0.1',
		port: GANGLINE_PORT,
		logLevel: GANGLINE_LOG,
		slots: GANGLINE_SLOTS ?? null,
		personEnvironment: withoutOurs(env),
		given: parsed.data.GANGLINE_GIVEN,
		baseImage: parsed.data.GANGLINE_BASE_IMAGE,
		hostPorts: parsed.data.GANGLINE_HOST_PORTS,
		provisioned: joinFile === undefined || project === undefined ? null : { joinFile, project, caches, ssh },
	});
}

function machineName(): string {
	const name =
		hostname()
			.toLowerCase()
			.split('.')[0]
			?.replace(/[^a-z0-9-]/g, '-')
			.replace(/^-+/, '') ?? '';
	return name.slice(0, 32) || 'machine';
}

function withoutOurs(env: NodeJS.ProcessEnv): Record<string, string> {
	const rest: Record<string, string> = {};
	for (const [key, value] of Object.entries(env)) {
		if (value !== undefined && !key.startsWith('GANGLINE_')) rest[key] = value;
	}
	// The command set it for us alone.
	if (env.GANGLINE_MALLOC === 'ours') delete rest.MALLOC_ARENA_MAX;
	return rest;
}
