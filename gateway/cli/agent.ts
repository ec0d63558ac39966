/** agent login: an agent's own login, on this terminal. Gangline never sees what is typed there. */
import type { Command } from 'commander';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import type { Session } from './session.ts';

interface AgentTool {
	readonly program: string;
	readonly login: readonly string[];
	readonly install: string;
}

const tools: Readonly<Record<string, AgentTool>> = {
	claude: { program: 'claude', login: ['auth', 'login'], install: 'npm install -g @anthropic-ai/claude-code' },
	codex: { program: 'codex', login: ['login'], install: 'npm install -g @openai/codex' },
};

export function registerAgent(program: Command, context: CliContext): void {
	const agent = program.command('agent').description('Agents: log in').helpGroup('Set up:');
	describeExamples(agent, ['gangline agent login claude', 'gangline agent login codex']);
	defineCommand(agent, context, {
		usage: 'login <tool>',
		summary: "Run an agent tool's own login (claude or codex) on this terminal",
		group: 'Set up',
		examples: ['gangline agent login claude', 'gangline agent login codex'],
		run: async (session, args) => login(session, args.required(0)),
	});
}

async function login(session: Session, name: string): Promise<number> {
	const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
	if (tool === undefined) {
		const { nearest } = await import('../../shared/operations/nearest.ts');
		const near = nearest(name, Object.keys(tools));
		throw ganglineError(
			'INVALID_ARGUMENT',
			`there is no login for ${JSON.stringify(name)}: expected ${Object.keys(tools).join(' or ')}`,
			{
				...(near === null ? {} : { hint: `did you mean ${near}?` }),
			},
		);
	}
	const { context, out } = session;
	const path = await context.programs.find(tool.program);
	if (path === null) {
		throw ganglineError('UNSUITABLE_MACHINE', `${tool.program} is not installed: it was not found on PATH`, {
			hint: `install it: ${tool.install}`,
		});
	}
	if (!session.mayAsk) {
		throw ganglineError('REFUSED', `the login of ${tool.program} needs a terminal, and this is none`, {
			hint: `run it yourself where you have one: ${[tool.program, ...tool.login].join(' ')}`,
		});
	}
	out.message(`running ${[path, ...tool.login].join(' ')}`);
	const code = await context.programs.run([path, ...tool.login]);
	if (code === 0) out.message(`${tool.program} says that the login worked; the node uses it from now on`);
	return code === 0 ? 0 : 1;
}
