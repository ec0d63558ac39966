/**
 * The environment, read once and validated to a frozen value. Nothing else in gateway/ reads it, except for the command
 * line's own door. The gateway has a state folder of its own beside the node's: it is a member with its own key.
 */
import { hostname } from 'node:os';
import { z } from 'zod';
import { ganglineError } from '../shared/ports/index.ts';
import {
	baseImageSchema,
	buildsPortDefault,
	type GatewayFolder,
	gatewayPortDefault,
	hostPortsSchema,
	meshPortDefault,
	type StateFolder,
	stateFolder,
} from '../shared/project/index.ts';

export interface GatewayConfig {
	readonly state: StateFolder;
	readonly folder: GatewayFolder;
	/** What people call the gateway. */
	readonly name: string;
	/** Who owns the mesh when it is founded: the person who starts the gateway. */
	readonly owner: string;
	/** Loopback only: people elsewhere ask their own node, or come through a proxy of theirs. */
	readonly host: '127.0.0.1';
	/** 0: any free port. */
	readonly port: number;
	readonly meshPort: number;
	readonly buildsPort: number;
	readonly logLevel: 'info' | 'warn' | 'error';
	/** Whoever runs the gateway, and their environment: for their git, and for what is theirs in containers. */
	readonly userName: string;
	readonly environment: Readonly<Record<string, string>>;
	/** The engine, as `DOCKER_HOST` names it; null: the usual one. */
	readonly engine: string | null;
	/** Whether projects are containers of that engine or services of the swarm that it manages. */
	readonly provisioner: 'docker' | 'swarm';
	/** On which machines of the swarm services may run; null: on this one. */
	readonly swarmConstraint: string | null;
	/** What images of projects are built on. */
	readonly baseImage: string;
	/** What these reach of this machine besides the mesh. */
	readonly hostPorts: 'all' | readonly number[];
}

const port = (byDefault: number) => z.coerce.number().int().min(0).max(65_535).default(byDefault);

const schema = z.object({
	GANGLINE_GATEWAY_PORT: port(gatewayPortDefault),
	GANGLINE_MESH_PORT: port(meshPortDefault),
	GANGLINE_BUILDS_PORT: port(buildsPortDefault),
	GANGLINE_LOG: z.enum(['info', 'warn', 'error']).default('info'),
	GANGLINE_PROVISIONER: z.enum(['docker', 'swarm']).default('docker'),
	GANGLINE_SWARM_CONSTRAINT: z
		.string()
		.max(500)
		.regex(/^[a-z][\w.-]* ?[!=]= ?[^,]+(?:, ?[a-z][\w.-]* ?[!=]= ?[^,]+)*$/, 'such as node.labels.projects==yes')
		.optional(),
	GANGLINE_BASE_IMAGE: baseImageSchema,
	GANGLINE_HOST_PORTS: hostPortsSchema,
	GANGLINE_GATEWAY_NAME: z
		.string()
		.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and `-`, at most 32')
		.optional(),
});

/** Reads the gateway's configuration. @throws GanglineError INVALID_CONFIG naming the variable and what was expected. */
export function readConfig(env: NodeJS.ProcessEnv, userName: string): GatewayConfig {
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
	const { GANGLINE_GATEWAY_PORT, GANGLINE_MESH_PORT, GANGLINE_BUILDS_PORT, GANGLINE_LOG, GANGLINE_GATEWAY_NAME } =
		parsed.data;
	const state = stateFolder(env);
	return Object.freeze({
		state,
		folder: state.gateway,
		name: GANGLINE_GATEWAY_NAME ?? `gateway-${machineName()}`.slice(0, 32),
		owner: userName,
		host: '127.0.0.1',
		port: GANGLINE_GATEWAY_PORT,
		meshPort: GANGLINE_MESH_PORT,
		buildsPort: GANGLINE_BUILDS_PORT,
		logLevel: GANGLINE_LOG,
		userName,
		environment: withoutOurs(env),
		engine: env.DOCKER_HOST || null,
		provisioner: parsed.data.GANGLINE_PROVISIONER,
		swarmConstraint: parsed.data.GANGLINE_SWARM_CONSTRAINT ?? null,
		baseImage: parsed.data.GANGLINE_BASE_IMAGE,
		hostPorts: parsed.data.GANGLINE_HOST_PORTS,
	});
}

function withoutOurs(env: NodeJS.ProcessEnv): Record<string, string> {
	const own = Object.entries(env).filter(([name, value]) => value !== undefined && !name.startsWith('GANGLINE_'));
	return Object.fromEntries(own.map(([name, value]) => [name, value ?? '']));
}

function machineName(): string {
	const [name = ''] = hostname().toLowerCase().split('.');
	return name.replace(/[^a-z0-9-]/g, '-').replace(/^-+/, '') || 'machine';
}
