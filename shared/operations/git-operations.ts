/**
 * Who commits in a project and whether what lands can be pushed: looked at where the project's home is, and for projects
 * in containers given by the gateway that made them. No operation ever answers a private key or a token.
 */
import { z } from 'zod';
import { containerNameSchema } from './container-operations.ts';
import { defineOperation } from './define.ts';
import { projectRefSchema } from './references.ts';

const line = z
	.string()
	.min(1)
	.max(200)
	.regex(/^[^\0\r\n<>]*$/, 'expected one line without < and >');

export const gitCheckSchema = z.object({
	identity: z
		.object({
			name: z.string(),
			email: z.string(),
			from: z.enum(['project', 'gateway', 'host']).describe('Where it is said'),
		})
		.nullable()
		.describe('Who commits; null: nobody, so nothing can be committed'),
	remote: z
		.object({
			name: z.string(),
			url: z.string().nullable().describe('Without credentials'),
			credential: z.string().nullable().describe("What the gateway gave for it; null: what the machine's git has"),
		})
		.describe('Where landings are pushed'),
	needed: z.boolean().describe('Landings of this project are pushed'),
	push: z.object({
		state: z.enum(['granted', 'refused', 'unreachable', 'noRemote']),
		words: z.string(),
	}),
	ok: z.boolean().describe('Somebody commits, and what is needed can be pushed'),
	answer: z.string(),
	next: z.array(z.string()).describe('What to do now, a command each'),
});
export type GitCheck = z.output<typeof gitCheckSchema>;

const hostKeySchema = z.object({ kind: z.string(), fingerprint: z.string().describe('As SHA256:…') });

const name = containerNameSchema;
const answer = z.object({ answer: z.string(), next: z.array(z.string()) });
const errors = ['NOTHING_TO_SHOW', 'REFUSED', 'UNSUITABLE_MACHINE', 'REMOTE_FAILED', 'PEER_GONE'] as const;

export const gitOperations = {
	'project.checkGit': defineOperation({
		kind: 'query',
		access: 'member',
		runsAt: 'project',
		summary: 'Who commits, and whether the remote takes a push: proved without pushing',
		args: z.strictObject({ project: projectRefSchema }),
		result: gitCheckSchema,
		examples: [{ cli: 'gangline git check', args: {} }],
		errors: ['UNKNOWN_PROJECT', 'HOME_AWAY', 'INVALID_CONFIG'],
	}),
	'container.gitKey': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'A deploy key for a project in a container, made once, and the host key of its forge pinned',
		args: z.strictObject({
			name,
			hostKey: z
				.string()
				.regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'expected a fingerprint such as ssh-keygen -l shows: SHA256:…')
				.optional()
				.describe('The fingerprint that the forge is known by, where this machine does not know it yet'),
		}),
		result: answer.extend({
			state: z.enum(['ready', 'hostUnknown']).describe('hostUnknown: nothing is pinned before somebody says which'),
			publicKey: z.string(),
			host: z.string(),
			offered: z.array(hostKeySchema).describe('What the forge shows, where nobody here knows it'),
		}),
		examples: [{ cli: 'gangline git key myapp', args: { name: 'myapp' } }],
		errors,
	}),
	'container.gitToken': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Keep a token with which a project in a container pushes to its forge',
		args: z.strictObject({
			name,
			token: z
				.string()
				.min(8)
				.max(4096)
				.regex(/^[\x21-\x7e]+$/, 'expected one word of printable characters'),
			user: line.default('x-access-token').describe('Most forges take any; of a GitLab deploy token its name'),
		}),
		result: answer,
		examples: [{ cli: 'gangline git token myapp < token.txt', args: { name: 'myapp', token: 'ghp_0123456789abcdef' } }],
		errors,
	}),
	'container.gitIdentity': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Who commits in a project in a container, where its repository does not say it',
		args: z.strictObject({ name, person: line, email: line }),
		result: answer,
		examples: [
			{
				cli: 'gangline git identity myapp --name "Ada Lovelace" --email ada@example.org',
				args: { name: 'myapp', person: 'Ada Lovelace', email: 'ada@example.org' },
			},
		],
		errors,
	}),
	'container.gitForget': defineOperation({
		kind: 'command',
		access: 'owner',
		runsAt: 'gateway',
		summary: 'Remove the deploy key and the token of a project in a container',
		args: z.strictObject({ name }),
		result: answer,
		examples: [{ cli: 'gangline git forget myapp', args: { name: 'myapp' } }],
		errors,
	}),
};
