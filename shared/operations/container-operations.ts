/**
 * Projects in containers, as the gateway of the machine with the engine makes and keeps them. Making one takes longer
 * than an answer may: `container.create` answers what has begun, and every step is an event and in `container.show`.
 */
import { z } from 'zod';
import { defineOperation } from './define.ts';
import { atSchema } from './item-views.ts';
import { nodeNameSchema, nodeRefSchema } from './references.ts';

/** The name of project, container and node at once. */
export const containerNameSchema = nodeNameSchema
	.refine((text) => text.length <= 31 && !text.endsWith('-'), 'expected at most 31 characters that end in no `-`')
	.describe('The name of the project, lower-case letters, digits and `-`');

export function isContainerName(name: string): boolean {
	return containerNameSchema.safeParse(name).success;
}

const stepStates = ['waiting', 'running', 'done', 'failed'] as const;
export const containerStepNames = [
	'check',
	'source',
	'devcontainer',
	'stack',
	'image',
	'seed',
	'network',
	'container',
	'join',
	'onCreate',
	'updateContent',
	'postCreate',
	'postStart',
] as const;
export type ContainerStepName = (typeof containerStepNames)[number];

export const containerStepSchema = z.object({
	name: z.enum(containerStepNames),
	state: z.enum(stepStates),
	words: z.string().describe('What is done, what came of it, or why it failed'),
	tookMs: z.int().nullable(),
});
export type ContainerStep = z.output<typeof containerStepSchema>;

const mebibyte = 1024 * 1024;
export const limitsSchema = z.object({
	cpus: z.number().min(0.1).max(1024),
	memory: z
		.int()
		.min(256 * mebibyte, 'expected at least 256m: a node alone takes half of that')
		.max(1024 * 1024 * mebibyte)
		.describe('Bytes'),
	pids: z.int().min(64).max(1_000_000),
	disk: z
		.int()
		.min(256 * mebibyte, 'expected at least 256m')
		.max(1024 * 1024 * 1024 * mebibyte)
		.nullable()
		.optional()
		.describe('Bytes of source and state above which its node begins nothing new; null: no bound'),
});
export type ContainerLimits = z.output<typeof limitsSchema>;

export const containerViewSchema = z.object({
	name: z.string(),
	on: z
		.object({ node: z.string(), name: z.string() })
		.nullable()
		.default(null)
		.describe('The member on whose machine it is; null: the machine of the gateway'),
	project: z.string().nullable().describe("The project's id, once it has one"),
	path: z.string().describe('The source on the host; it has the same path inside'),
	stack: z.string().nullable().describe('Null: nothing but the base'),
	agents: z.array(z.string()).describe('Runtimes of agents whose programs are in the image'),
	others: z.array(z.string()).describe('Stacks that left marks too and whose tools are not inside'),
	state: z.enum(['making', 'failed', 'running', 'stopped', 'gone']),
	words: z.string().describe('The state in a sentence: why it failed or ended, in words'),
	steps: z.array(containerStepSchema),
	image: z.string().nullable(),
	container: z.string().nullable().describe("The container's id at the engine"),
	connected: z.boolean().describe('Its node is connected with the gateway'),
	ports: z
		.array(z.object({ inside: z.int(), host: z.int().describe('Of 127.0.0.1'), label: z.string().nullable() }))
		.describe('Published because its devcontainer.json names them'),
	devcontainer: z
		.object({
			path: z.string(),
			hash: z.string(),
			image: z.enum(['used', 'not trusted']).nullable().describe('Null: it names none that can be used'),
			taken: z.array(z.string()),
			left: z.array(z.object({ what: z.string(), why: z.string() })),
		})
		.nullable()
		.describe('What its devcontainer.json names, and what became of it; null: there is none'),
	limits: limitsSchema,
	diskUsed: z
		.int()
		.nullable()
		.describe('What source and state took when its node last looked; null: no bound, or no look'),
	asleep: z.boolean().default(false).describe('Stopped because nothing was to do; it wakes when something is'),
	idleStopMs: z.int().nullable().describe('Stopped after so long without anything to do; null: never'),
	ssh: z
		.object({
			user: z.string(),
			port: z.int().nullable().describe('Of 127.0.0.1 on the machine where it is; null: none is open, only the mesh'),
			key: z.string().describe('Path of the private key there'),
			knownHosts: z.string().describe('Path of the file that has its host key'),
			alias: z.string().describe('What that file calls it'),
			hostKey: z.string().nullable().default(null).describe('The public half of its host key, once it has one'),
		})
		.describe('How to log in'),
	log: z.string().describe('What its building and making said'),
	changedAt: atSchema,
	next: z.array(z.string()).describe('What to do now, a command each'),
});
export type ContainerView = z.output<typeof containerViewSchema>;

const name = containerNameSchema;
const answer = z.object({ container: containerViewSchema, answer: z.string() });
const errors = ['NOTHING_TO_SHOW', 'REFUSED', 'UNSUITABLE_MACHINE', 'ENGINE_FAILED', 'PEER_GONE'] as const;
const agents = z
	.array(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/))
	.max(8)
	.optional()
	.describe("Runtimes whose programs the image gets, instead of those that the project's file names; none: []");
const devcontainer = z
	.string()
	.regex(/^(?:none|[0-9a-f]{12})$/, 'expected `none`, or the hash that the step `devcontainer` names')
	.optional()
	.describe(
		'Trust the image of the devcontainer.json of that hash, whose building runs as root; `none`: leave it alone',
	);
const path = z
	.string()
	.min(2)
	.max(4096)
	.regex(/^\/[^\0\r\n:]*$/, 'expected an absolute path without a colon');

export const containerOperations = {
	'container.create': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Begin to make a project in a container of its own, or go on where that failed',
		args: z.strictObject({
			name,
			on: nodeRefSchema
				.optional()
				.describe('On the machine of this member, which has the duty `provision`; default: that of the gateway'),
			path: path
				.optional()
				.describe(
					'Where the source lies there, or is to lie: absent, empty, or a repository; default: a folder of that name in the home folder of whoever runs Gangline there',
				),
			git: z.string().min(1).max(2048).optional().describe('Clone it from there'),
			stack: z
				.string()
				.regex(/^[a-z][a-z0-9-]{0,31}$/)
				.optional()
				.describe('Instead of what the files at its root say; `none`: nothing but the base'),
			agents,
			devcontainer,
			limits: limitsSchema.partial().optional(),
			retry: z.boolean().default(false).describe('Go on where making it failed or was cut off'),
		}),
		result: answer,
		examples: [
			{
				cli: 'gangline new myapp --stack node --git https://example.org/myapp.git --path /home/you/myapp',
				args: { name: 'myapp', path: '/home/you/myapp', stack: 'node', git: 'https://example.org/myapp.git' },
			},
			{ cli: 'gangline new myapp --stack rust --on builder', args: { name: 'myapp', stack: 'rust', on: 'builder' } },
			{ cli: 'gangline new myapp --path /home/you/src/myapp', args: { name: 'myapp', path: '/home/you/src/myapp' } },
		],
		errors: [...errors, 'UNSUITABLE_REPOSITORY', 'UNKNOWN_NODE'],
	}),
	'container.list': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'gateway',
		summary: 'The projects in containers of this gateway, and how they are',
		args: z.strictObject({}),
		result: z.object({ containers: z.array(containerViewSchema) }),
		examples: [{ cli: 'gangline containers', args: {} }],
		errors: [],
	}),
	'container.show': defineOperation({
		kind: 'query',
		access: 'viewer',
		runsAt: 'gateway',
		summary: 'One of them: each step of its making, its limits, why it ended',
		args: z.strictObject({ name }),
		result: z.object({ container: containerViewSchema }),
		examples: [{ cli: 'gangline containers myapp', args: { name: 'myapp' } }],
		errors: ['NOTHING_TO_SHOW'],
	}),
	'container.start': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Start the container of a project',
		args: z.strictObject({ name }),
		result: answer,
		examples: [{ cli: 'gangline start myapp', args: { name: 'myapp' } }],
		errors,
	}),
	'container.stop': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Stop the container of a project; its node ends its agents and keeps resumable work',
		args: z.strictObject({ name }),
		result: answer,
		examples: [{ cli: 'gangline stop myapp', args: { name: 'myapp' } }],
		errors,
	}),
	'container.rebuild': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Put it into a container of the image as it is to be now; source and state stay',
		args: z.strictObject({
			name,
			stack: z.string().max(32).optional(),
			agents,
			devcontainer,
			fresh: z
				.boolean()
				.optional()
				.describe('Build the image again on a base that is fetched anew, also where nothing of it is different'),
		}),
		result: answer,
		examples: [
			{ cli: 'gangline rebuild myapp', args: { name: 'myapp' } },
			{ cli: 'gangline rebuild myapp --fresh', args: { name: 'myapp', fresh: true } },
		],
		errors,
	}),
	'container.limits': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Change what it may use, while it runs',
		args: z.strictObject({ name, limits: limitsSchema.partial() }),
		result: answer,
		examples: [
			{ cli: 'gangline limits myapp --memory 8g', args: { name: 'myapp', limits: { memory: 8192 * mebibyte } } },
		],
		errors,
	}),
	'container.idleStop': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Stop its container when nothing was to do for a while; it starts again when something is wanted',
		args: z.strictObject({
			name,
			afterMs: z
				.int()
				.min(60_000)
				.max(30 * 24 * 3_600_000)
				.nullable()
				.describe('Null: it runs on'),
		}),
		result: answer,
		examples: [
			{ cli: 'gangline limits myapp --idle-stop 30m', args: { name: 'myapp', afterMs: 1_800_000 } },
			{ cli: 'gangline limits myapp --idle-stop never', args: { name: 'myapp', afterMs: null } },
		],
		errors,
	}),
	'container.remove': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Remove container and network of a project; the source stays, its state too unless it is purged',
		args: z.strictObject({
			name,
			confirm: z.string().describe('The name once more'),
			purge: z.boolean().default(false).describe('The state of its node too: board, logs, canonical repository'),
		}),
		result: z.object({ answer: z.string(), gone: z.array(z.string()), stays: z.array(z.string()) }),
		examples: [{ cli: 'gangline project delete myapp --confirm myapp', args: { name: 'myapp', confirm: 'myapp' } }],
		errors,
	}),
	'container.prune': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Remove images, networks, containers and downloads that carry our label and that no project uses',
		args: z.strictObject({ dryRun: z.boolean().default(false) }),
		result: z.object({
			things: z.array(
				z.object({
					kind: z.string(),
					name: z.string(),
					bytes: z.int().nullable(),
					on: z.string().nullable().default(null).describe('Name of the member on whose machine it is'),
				}),
			),
			removed: z.boolean(),
			answer: z.string(),
		}),
		examples: [{ cli: 'gangline prune --dry-run', args: { dryRun: true } }],
		errors,
	}),
};
