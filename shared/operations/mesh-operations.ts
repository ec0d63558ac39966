/** Everything that can be asked about the mesh: tokens, joining, who is connected, nodes, where the gateway listens. */
import { z } from 'zod';
import { defineOperation } from './define.ts';
import { atSchema } from './item-views.ts';
import {
	addressOutcomeSchema,
	membershipFields,
	meshNodeViewSchema,
	meshProjectViewSchema,
	tokenViewSchema,
} from './mesh-views.ts';
import { backupSchema, newFileSchema } from './node-operations.ts';
import { nodeNameSchema, nodeRefSchema } from './references.ts';

const { duties, worksFor, homeFor, person, slots, labels, name, provision } = membershipFields;

const tokenUsesMax = 1000;
const tokenMinutesMax = 60 * 24 * 30;
const tokenMinutesDefault = 60;
const node = nodeRefSchema;
const nodeErrors = ['UNKNOWN_NODE', 'REFUSED'] as const;
const nodeAnswer = z.object({ node: meshNodeViewSchema, answer: z.string() });

/** `/ip4/192.0.2.7/tcp/7421`, as the network port has them. */
const multiaddress = z.string().regex(/^\/[a-z0-9]+\/[^\s]+$/, 'expected a multiaddr');
const listenAddress = z
	.string()
	.min(2)
	.max(200)
	.regex(
		/^(?:[0-9.]{7,15}|\[?[0-9a-fA-F:]{2,39}\]?|[a-zA-Z0-9.-]+)(?::[0-9]{1,5})?$/,
		'expected an address of this machine such as 192.168.1.5, with or without a port',
	);

const tokenOperations = {
	'token.create': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'A one-time secret with which another machine joins, and the line to paste there',
		args: z.strictObject({
			name: name.optional(),
			duties: duties.default(['work']),
			worksFor: worksFor.default('any'),
			homeFor: homeFor.default([]),
			person: person.default(null),
			slots: slots.optional(),
			labels: labels.default([]),
			uses: z.int().min(1).max(tokenUsesMax).default(1).describe('How many machines may join with it'),
			build: z
				.boolean()
				.default(true)
				.describe('False: for a machine that has Gangline already; no build is packed and the line is `gangline join`'),
			minutes: z.int().min(1).max(tokenMinutesMax).default(tokenMinutesDefault).describe('How long it is good for'),
		}),
		result: z.object({
			line: z
				.string()
				.describe('For a shell of the other machine: needs sh, curl, tar and sha256sum, holds the secret'),
			token: z.string().describe('The secret alone, for `gangline join` where gangline is installed'),
			id: z.string(),
			expiresAt: atSchema,
			addresses: z.array(multiaddress).describe('Where the gateway can be reached by the other machine'),
			offers: z.array(z.string()).describe('Addresses of this machine where the gateway does not listen yet'),
			warning: z.string().nullable().describe('Such as: only this machine itself can join'),
		}),
		examples: [
			{ cli: 'gangline token new', args: {} },
			{
				cli: 'gangline token new --work --projects app --slots 4',
				args: { duties: ['work'], worksFor: ['app'], slots: 4 },
			},
			{
				cli: 'gangline token new --person ann --home-for app',
				args: { person: 'ann', homeFor: ['app'], duties: ['home'] },
			},
		],
		errors: ['UNSUITABLE_MACHINE', 'REFUSED', 'STORE_FAILED'],
	}),
	'token.list': defineOperation({
		kind: 'query',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Join tokens, newest first; never their secrets',
		args: z.strictObject({}),
		result: z.object({ tokens: z.array(tokenViewSchema) }),
		examples: [{ cli: 'gangline token list', args: {} }],
		errors: [],
	}),
	'token.revoke': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Make a join token useless; nodes that joined with it stay members',
		args: z.strictObject({ id: z.string().min(1).max(100) }),
		result: z.object({ token: tokenViewSchema, answer: z.string() }),
		examples: [{ cli: 'gangline token revoke t3f9a', args: { id: 't3f9a' } }],
		errors: ['NOTHING_TO_SHOW'],
	}),
};

const memberOperations = {
	'mesh.join': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'node',
		summary: 'This node becomes a member of the mesh whose token it is given; what is left out is as the token says',
		args: z.strictObject({
			token: z.string().min(16).max(4096).describe('The secret of `token.create`'),
			name: name.optional(),
			duties: duties.optional(),
			worksFor: worksFor.optional(),
			homeFor: homeFor.optional(),
			slots: slots.optional(),
			labels: labels.optional(),
			provision: provision.optional(),
		}),
		result: z.object({
			mesh: z.string(),
			node: meshNodeViewSchema,
			gateway: z.object({ node: z.string(), name: z.string() }),
			already: z.boolean().describe('It was a member before; nothing has changed'),
			outcomes: z.array(addressOutcomeSchema),
			answer: z.string(),
			next: z.array(z.string()).describe('What to do now, a sentence or command each'),
		}),
		examples: [
			{
				cli: 'gangline join gl1_0123456789abcdef --work',
				args: { token: 'gl1_0123456789abcdef', duties: ['work'] },
			},
		],
		errors: ['JOIN_REFUSED', 'PEER_UNREACHABLE', 'REFUSED', 'SCHEMA_TOO_NEW', 'STORE_FAILED'],
	}),
	'mesh.status': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'node',
		summary: 'Who is connected and since when, which home is away, and how many results wait',
		args: z.strictObject({}),
		result: z.object({
			mesh: z.string().nullable().describe('Null where this node belongs to none'),
			offline: z.boolean().describe('It keeps away from the others on purpose'),
			gateway: z
				.object({
					node: z.string(),
					name: z.string(),
					connected: z.boolean(),
					since: atSchema.nullable(),
					clockAheadMs: z
						.number()
						.nullable()
						.describe("How far the gateway's clock is ahead of this one's, as last measured"),
				})
				.nullable(),
			nodes: z.array(meshNodeViewSchema),
			projects: z.array(meshProjectViewSchema),
			takenAt: atSchema,
		}),
		examples: [{ cli: 'gangline mesh', args: {} }],
		errors: [],
	}),
	'mesh.offline': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'node',
		summary: 'Keep away from all other nodes on purpose, or come back: this one goes on alone meanwhile',
		args: z.strictObject({ offline: z.boolean() }),
		result: z.object({ offline: z.boolean(), answer: z.string() }),
		examples: [
			{ cli: 'gangline offline', args: { offline: true } },
			{ cli: 'gangline online', args: { offline: false } },
		],
		errors: ['UNKNOWN_NODE'],
	}),
	'node.list': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'node',
		summary: 'The nodes of the mesh: duties, status, what they are qualified for, slots, since when they are here',
		args: z.strictObject({ revoked: z.boolean().default(false).describe('Also those that were cut off') }),
		result: z.object({ nodes: z.array(meshNodeViewSchema), takenAt: atSchema }),
		examples: [{ cli: 'gangline nodes', args: {} }],
		errors: [],
	}),
	'node.rename': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Give a node another name; its id stays',
		args: z.strictObject({ node, name: nodeNameSchema }),
		result: nodeAnswer,
		examples: [{ cli: 'gangline node rename builder-2 big', args: { node: 'builder-2', name: 'big' } }],
		errors: nodeErrors,
	}),
	'node.drain': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Let a node finish what it has and give it nothing more',
		args: z.strictObject({ node }),
		result: nodeAnswer,
		examples: [{ cli: 'gangline node drain builder-2', args: { node: 'builder-2' } }],
		errors: nodeErrors,
	}),
	'node.undrain': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Give a node tasks again',
		args: z.strictObject({ node }),
		result: nodeAnswer,
		examples: [{ cli: 'gangline node undrain builder-2', args: { node: 'builder-2' } }],
		errors: nodeErrors,
	}),
	'node.revoke': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Cut a node off everywhere, for good; what the homes had not accepted of it by then is refused',
		args: z.strictObject({ node }),
		result: nodeAnswer,
		examples: [{ cli: 'gangline node revoke builder-2', args: { node: 'builder-2' } }],
		errors: nodeErrors,
	}),
};

const gatewayStatusSchema = z.object({
	version: z.string(),
	runtime: z.string().describe('The Node.js version'),
	mesh: z.string(),
	node: z.string().describe("The gateway's node id"),
	name: z.string(),
	pid: z.int(),
	startedAt: atSchema,
	url: z.string().describe('Where its HTTP API answers'),
	listens: z.array(multiaddress).describe('Where other nodes reach it'),
	builds: z.array(z.string()).describe('Where a machine that joins fetches its build'),
	onlyLoopback: z.boolean().describe('No other machine can reach it'),
	offers: z.array(z.string()).describe('Addresses of this machine where it does not listen yet'),
	state: z.string().describe('The state folder'),
	log: z.string().describe('The log file'),
	nodes: z.object({ members: z.int(), connected: z.int() }),
	projects: z.int(),
	damage: z.array(z.string()).describe('What its store has lost; empty for a whole one'),
});
export type GatewayStatus = z.output<typeof gatewayStatusSchema>;

const gatewayOperations = {
	'gateway.status': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'gateway',
		summary: 'The gateway of this machine: since when it runs and where it listens',
		args: z.strictObject({}),
		result: gatewayStatusSchema,
		examples: [{ cli: 'gangline gateway status', args: {} }],
		errors: [],
	}),
	'gateway.stop': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Stop the gateway; the nodes go on without it',
		args: z.strictObject({}),
		result: z.object({ pid: z.int(), answer: z.string() }),
		examples: [{ cli: 'gangline gateway stop', args: {} }],
		errors: [],
	}),
	'gateway.listen': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Listen for other machines at these addresses too; kept over restarts',
		args: z.strictObject({
			addresses: z.array(listenAddress).max(16).describe('Addresses of this machine; none: only itself again'),
		}),
		result: z.object({ listens: z.array(multiaddress), builds: z.array(z.string()), answer: z.string() }),
		examples: [{ cli: 'gangline gateway listen 192.168.1.5', args: { addresses: ['192.168.1.5'] } }],
		errors: ['PORT_IN_USE', 'INVALID_CONFIG'],
	}),
	'gateway.backup': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Write key, registry, tokens and people of the gateway into one new file; it goes on meanwhile',
		args: z.strictObject({ path: newFileSchema }),
		result: backupSchema,
		examples: [{ cli: 'gangline gateway backup /home/you/gateway.tar', args: { path: '/home/you/gateway.tar' } }],
		errors: ['STORE_FAILED'],
	}),
};

export const meshOperations = { ...tokenOperations, ...memberOperations, ...gatewayOperations };
