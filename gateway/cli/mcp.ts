/** `gangline mcp`: how a person's editor gets the tools of the gateway. It prints no secret; the one it needs is named. */
import type { Command } from 'commander';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';

/** Where an editor's configuration finds the person's secret. */
const variable = 'GANGLINE_TOKEN';

export function registerMcp(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'mcp',
		summary: 'How to give your editor the tools of the gateway (Model Context Protocol)',
		group: 'Set up',
		examples: ['gangline mcp', 'gangline mcp --json > .mcp.json        what Claude Code reads in a project'],
		run: async (session) => {
			const { findGateway } = await import('./client.ts');
			const note = await findGateway(session.state, context.programs);
			if (note === null) {
				throw ganglineError('NOT_RUNNING', 'the tools are offered by the gateway, and none runs on this machine', {
					hint: 'start it: gangline gateway start',
				});
			}
			const url = new URL('/mcp', note.url).href;
			const server = { type: 'http', url, headers: { Authorization: `Bearer \${${variable}}` } };
			const config = { mcpServers: { gangline: server } };
			session.out.result(config, () => JSON.stringify(config, null, 2));
			if (session.out.json) return undefined;
			for (const line of steps(url)) session.out.message(line);
			return undefined;
		},
	});
}

function steps(url: string): readonly string[] {
	return [
		'→ 1. gangline person token YOUR-NAME --editor prints a secret, once; it opens these tools and nothing else of yours',
		`→ 2. put it where your editor finds it, not into a repository: export ${variable}=…`,
		'→ 3. Claude Code: the above as .mcp.json in the project; other editors: the same address and header',
		`→    Codex: codex mcp add gangline --url ${url} --bearer-token-env-var ${variable}`,
		'→ its tools list, show, search, add, edit and plan items; approving, rejecting and deleting stay with you',
	];
}
