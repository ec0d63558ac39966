/**
 * The runtime without a model: the item's fenced `sh` blocks are the work (codemods, upgrades, formatters). Blocks run
 * as one script that stops at the first failure; the system commits what it changed.
 */
import { ganglineError } from '../../shared/ports/index.ts';
import type { RuntimeProgram } from './runtime.ts';

/** The contents of all ```sh blocks of a description (also bash and shell), joined; null when there is none. */
export function scriptOf(description: string): string | null {
	const blocks = [...description.matchAll(/^(`{3,})(?:sh|bash|shell)[ \t]*\r?\n([\s\S]*?)^\1[ \t]*\r?$/gm)];
	return blocks.length === 0 ? null : blocks.map((match) => match[2]).join('\n');
}

export const shell: RuntimeProgram = {
	name: 'shell',
	program: null,
	reports: false,
	credentials: [],
	login: null,
	command: ({ description, shellPath }) => {
		const script = scriptOf(description);
		if (script === null) {
			throw ganglineError(
				'INVALID_ARGUMENT',
				'the item is for the runtime `shell` and its description has no fenced sh block',
				{
					hint: 'add a block that begins with ```sh to the description',
				},
			);
		}
		const argv: readonly [string, ...string[]] = shellPath.endsWith('bash')
			? [shellPath, '-euo', 'pipefail', '-c', script]
			: [shellPath, '-eu', '-c', script];
		return { argv, env: {} };
	},
	converse: () => ({ read: () => false }),
};
