/** What Claude Code wants to do, in our words, from the name and the input of its tool. Pure. */
import { z } from 'zod';
import type { PermissionAsk } from './agent-event.ts';

const summaryCharsMax = 500;

const known = z.object({
	command: z.string().optional(),
	file_path: z.string().optional(),
	notebook_path: z.string().optional(),
	path: z.string().optional(),
	pattern: z.string().optional(),
	url: z.string().optional(),
	query: z.string().optional(),
});

const editors: ReadonlySet<string> = new Set(['Write', 'Edit', 'MultiEdit', 'NotebookEdit']);
const readers: ReadonlySet<string> = new Set(['Read', 'Glob', 'Grep', 'LS', 'NotebookRead']);

export function claudeAsk(tool: string, input: unknown): PermissionAsk {
	const parsed = known.safeParse(input);
	const said = parsed.success ? parsed.data : {};
	const paths = [said.file_path, said.notebook_path, said.path].filter((path) => path !== undefined);
	const summary = said.command ?? paths[0] ?? said.url ?? said.query ?? said.pattern ?? JSON.stringify(input ?? {});
	return { tool, what: whatOf(tool, said.command, paths), summary: summary.slice(0, summaryCharsMax) };
}

function whatOf(tool: string, command: string | undefined, paths: readonly string[]): PermissionAsk['what'] {
	if (tool === 'Bash') return { kind: 'command', command: command ?? '' };
	if (editors.has(tool)) return { kind: 'edit', paths };
	return readers.has(tool) ? { kind: 'read', paths } : { kind: 'other' };
}
