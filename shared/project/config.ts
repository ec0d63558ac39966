/**
 * `.gangline/project.toml`: what a project tells everyone who works on it. Read from the landed main, never from a
 * candidate. Parsed here, once, to a frozen value; an unknown key is an error that names the nearest known one. The
 * messages in this schema complete the sentence "expected …".
 */
import { z } from 'zod';
import { roles } from '../pipeline/table.ts';
import { isAllowedPattern } from '../plan/index.ts';
import { gateKinds } from '../protocol/gates.ts';
import { accountPattern, hasAccounts } from './agent-logins.ts';

/** Where the file lies in the tree of a project. */
export const projectConfigPath = '.gangline/project.toml';

/** Where a project says in its own words what an agent of a role is told first. */
export function rolePromptPath(role: AgentRole): string {
	return `.gangline/prompts/${role}.md`;
}

const usd = z.number().positive().max(1_000_000);
const seconds = z.number().int().min(1).max(86_400);
const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'a name of lower-case letters, digits, `.`, `_`, `-`');
const command = z.string().refine((text) => text.trim() !== '' && !text.includes('\0'), 'a shell command');

/** Only names: the file is in the repository, where no secret belongs. What is the node's own never passes. */
const variable = z
	.string()
	.regex(
		/^(?!GANGLINE_)[A-Za-z_][A-Za-z0-9_]{0,127}$/,
		'the name of an environment variable, without a value; none of GANGLINE_…',
	);

const secretName = z
	.string()
	.regex(/^(?!GANGLINE_)[A-Z][A-Z0-9_]{0,63}$/, 'the name of a secret, such as "NPM_TOKEN", never its value');
const nodeLabel = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,49}$/, 'a label of a node, such as "gpu"');

/** No way out of the tree and none into what git or Gangline keep there. */
const pathInTree = z
	.string()
	.regex(
		/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))(?!\.git(?:\/|$))(?!\.gangline(?:\/|$))[^\0\r\n]+$/,
		'a path inside the project, relative to its root, outside .git and .gangline',
	);

/** What git accepts as a branch, less what could be taken for an option or a pattern. */
const branch = z
	.string()
	.regex(
		/^(?![-/.])(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)))[^\p{Cc} ~^:?*[\\]+(?<![/.])$/u,
		'the name of a branch, without refs/heads/',
	)
	.refine((text) => !text.startsWith('refs/'), 'the name of a branch, without refs/heads/');
const remote = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, 'the name of a git remote, such as "origin"');

export const gateSchema = z.strictObject({
	name: name.refine((text) => text !== 'setup', 'another name: the set-up commands report under "setup"'),
	kind: z.enum(gateKinds).exclude(['setup']).default('other'),
	command,
	timeout_seconds: seconds.default(900),
	/** Runs that may be made when it fails; the majority decides and the verdict is marked. */
	flaky_runs: z.number().int().min(1).max(3).default(1),
	/** Names of secrets that it gets as variables: gangline secret set. */
	secrets: z.array(secretName).max(20).default([]),
	/** A fast one: an agent's own commits try it first, in the agent's clone. What it says there decides nothing. */
	pre_commit: z.boolean().default(false),
});

export const agentSchema = z.strictObject({
	name,
	/** coder, qa and mergemaster work on items; the others only look. */
	role: z.enum([...roles.item, ...roles.helper]).default('coder'),
	runtime: z.enum(['shell', 'claude-code', 'codex', 'acp']),
	model: z.string().min(1).optional(),
	/** Logins that it may use, the first one that is there and not limited: gangline agent login TOOL --account NAME. */
	accounts: z
		.array(z.string().regex(accountPattern, 'the name of an account, such as "work"'))
		.max(8)
		.refine((names) => new Set(names).size === names.length, 'each account once')
		.default([]),
	/** Of the runtime `acp`: the program that speaks the Agent Client Protocol, and its arguments. */
	command: z
		.array(z.string().min(1).max(1_000))
		.min(1)
		.max(64)
		.refine(
			([program = '']) => !program.includes('/') || program.startsWith('/'),
			'a program on PATH, or its whole path',
		)
		.optional(),
	/** Of the runtime `acp`: the mode that its session is put into, as the agent calls it. */
	mode: z.string().min(1).max(100).optional(),
	/** ask: what is not plainly part of the work is asked first. all: nothing is. Left out: all in a project's container. */
	permissions: z.enum(['ask', 'all']).optional(),
	/** What is allowed besides: commands, with `*` for any text, and names of tools. */
	allow: z.array(z.string().min(1).max(500)).max(100).default([]),
	/** What it may change of the repository: paths with `*`, `**` and `?`. Left out: everything. */
	paths: z
		.array(
			z.string().refine(isAllowedPattern, 'a path of the repository such as "docs/**", with *, ** and ? as wildcards'),
		)
		.min(1)
		.max(100)
		.optional(),
	max_turns: z.number().int().min(1).max(1000).default(100),
	max_cost_usd: z.number().positive().max(1000).optional(),
	timeout_seconds: seconds.default(3600),
	silence_seconds: seconds.default(900),
	/** Names of variables of the node's own environment that this agent gets too: an endpoint, a provider's key. */
	env: z.array(variable).max(64).default([]),
	/** What its tokens cost, for a program that does not say it (codex). */
	usd_per_million_input_tokens: z.number().min(0).max(10_000).optional(),
	usd_per_million_output_tokens: z.number().min(0).max(10_000).optional(),
	/** Names of secrets that it gets as variables besides: gangline secret set. */
	secrets: z.array(secretName).max(20).default([]),
	/** Items that it works on at once, over all nodes; left out: as many as there are slots. */
	concurrency: z.number().int().min(1).max(1000).optional(),
	/** Labels that a node must have to run it. */
	labels: z.array(nodeLabel).max(20).default([]),
});

export const projectConfigSchema = z.strictObject({
	id: z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'the ULID that `gangline init` wrote'),
	name,
	branch,
	review: z
		.strictObject({
			/**
			 * human: a person approves each change. server: it lands when its gates are green. agent: when an agent of the role
			 * qa has passed it too.
			 */
			mode: z.enum(['human', 'server', 'agent']).default('human'),
		})
		.prefault({}),
	landing: z
		.strictObject({
			mode: z.enum(['local', 'push', 'pull-request']).default('local'),
			remote: remote.default('origin'),
		})
		.prefault({}),
	work: z
		.strictObject({
			/** Whether ready items start by themselves. */
			auto_start: z.boolean().default(true),
			/** Items worked on at once on one node. */
			slots: z.number().int().min(1).max(64).default(2),
			/** How long a worker on another machine may be silent before its item is given to another; 0: as soon as it shows. */
			lost_after_seconds: z
				.number()
				.int()
				.min(0)
				.max(30 * 86_400)
				.default(600),
			/** Folders that are kept when ignored files are cleaned before a gate. */
			caches: z.array(pathInTree).default([]),
		})
		.prefault({}),
	run: z
		.strictObject({
			/** Starts the project's program, which listens on $PORT. */
			command: command.optional(),
			/** So long it may take until it listens. */
			ready_seconds: seconds.default(60),
		})
		.prefault({}),
	budget: z
		.strictObject({
			/** USD that may be spent on one item, in a day (UTC), and ever. */
			item_usd: usd.optional(),
			day_usd: usd.optional(),
			project_usd: usd.optional(),
			/** What one grant is promised where its agent has no max_cost_usd. */
			grant_usd: usd.default(5),
		})
		.prefault({}),
	setup: z
		.strictObject({
			commands: z.array(command).default([]),
			/** Untracked files of the person's checkout that a clone needs. */
			copy: z.array(pathInTree).default([]),
			/** Files whose change makes set-up run again. */
			lockfiles: z.array(pathInTree).default([]),
			timeout_seconds: seconds.default(1800),
		})
		.prefault({}),
	gate: z
		.array(
			gateSchema.refine(({ pre_commit: isHook, secrets }) => !isHook || secrets.length === 0, {
				path: ['pre_commit'],
				error: 'false where the gate has secrets: the hook runs as the agent, which may not have them',
			}),
		)
		.default([]),
	agent: z
		.array(
			agentSchema
				.refine(({ runtime, command }) => (runtime === 'acp') === (command !== undefined), {
					path: ['command'],
					error: 'the program of an agent with the runtime "acp", and none for other runtimes',
				})
				.refine(({ role, paths }) => role === 'coder' || paths === undefined, {
					path: ['paths'],
					error: 'none where the role is not coder: the others only look, or join what coders have made',
				})
				.refine(({ runtime, accounts }) => accounts.length === 0 || hasAccounts(runtime), {
					path: ['accounts'],
					error: 'none where the runtime is not claude-code or codex; of "acp" the command says which login is meant',
				}),
		)
		.default([]),
});

export type ProjectConfig = z.output<typeof projectConfigSchema>;
export type GateConfig = z.output<typeof gateSchema>;
export type AgentConfig = z.output<typeof agentSchema>;
export type AgentRole = AgentConfig['role'];
