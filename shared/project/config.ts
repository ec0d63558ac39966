/**
 * `.gangline/project.toml`: what a project tells everyone who works on it. Read from the landed main, never from a
 * candidate. Parsed here, once, to a frozen value; an unknown key is an error that names the nearest known one.
 */
import { z } from 'zod';
import { gateKinds } from '../protocol/work.ts';

const seconds = z.number().int().min(1).max(86_400);
const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'a name of lower-case letters, digits, `.`, `_`, `-`');

export const gateSchema = z.strictObject({
	name,
	kind: z.enum(gateKinds).exclude(['setup']).default('other'),
	command: z.string().min(1),
	timeout_seconds: seconds.default(900),
	/** Runs that may be made when it fails; the majority decides and the verdict is marked. */
	flaky_runs: z.number().int().min(1).max(3).default(1),
});

export const agentSchema = z.strictObject({
	name,
	role: z.enum(['coder', 'qa', 'mergemaster']).default('coder'),
	runtime: z.enum(['shell', 'claude-code', 'codex']),
	model: z.string().min(1).optional(),
	max_turns: z.number().int().min(1).max(1000).default(100),
	max_cost_usd: z.number().positive().max(1000).optional(),
	timeout_seconds: seconds.default(3600),
	silence_seconds: seconds.default(900),
});

export const projectConfigSchema = z.strictObject({
	id: z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'the ULID that `gangline init` wrote'),
	name,
	branch: z.string().min(1),
	review: z
		.strictObject({
			/** human: a person approves each change. server: it lands when its gates are green. */
			mode: z.enum(['human', 'server']).default('human'),
		})
		.prefault({}),
	landing: z
		.strictObject({
			mode: z.enum(['local', 'push', 'pull-request']).default('local'),
			remote: z.string().min(1).default('origin'),
		})
		.prefault({}),
	work: z
		.strictObject({
			/** Whether ready items start by themselves. */
			auto_start: z.boolean().default(true),
			/** Items worked on at once on one node. */
			slots: z.number().int().min(1).max(64).default(2),
			/** Folders that are kept when ignored files are cleaned before a gate. */
			caches: z.array(z.string().min(1)).default([]),
		})
		.prefault({}),
	setup: z
		.strictObject({
			commands: z.array(z.string().min(1)).default([]),
			/** Untracked files of the person's checkout that a clone needs. */
			copy: z.array(z.string().min(1)).default([]),
			/** Files whose change makes set-up run again. */
			lockfiles: z.array(z.string().min(1)).default([]),
			timeout_seconds: seconds.default(1800),
		})
		.prefault({}),
	gate: z.array(gateSchema).default([]),
	agent: z.array(agentSchema).default([]),
});

export type ProjectConfig = z.output<typeof projectConfigSchema>;
export type GateConfig = z.output<typeof gateSchema>;
export type AgentConfig = z.output<typeof agentSchema>;
