/** agent login: an agent's own login, on this terminal. Gangline never sees what is typed there. */
import type { Command } from 'commander';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import { keepSecret } from './secret.ts';
import type { Session } from './session.ts';

interface AgentTool {
	readonly program: string;
	readonly login: readonly string[];
	readonly install: string;
	/** The variable in which it takes a token. */
	readonly token: string;
}

const tools: Readonly<Record<string, AgentTool>> = {
	claude: {
		program: 'claude',
		login: ['auth', 'login'],
		install: 'npm install -g @anthropic-ai/claude-code',
		token: 'CLAUDE_CODE_OAUTH_TOKEN',
	},
	codex: { program: 'codex', login: ['login'], install: 'npm install -g @openai/codex', token: 'CODEX_API_KEY' },
};

export function registerAgent(program: Command, context: CliContext): void {
	const agent = program.command('agent').description('Agents: log in').helpGroup('Set up:');
	describeExamples(agent, ['gangline agent login claude', 'gangline agent login codex']);
	defineCommand(agent, context, {
		usage: 'login <tool>',
		summary: "Run an agent tool's own login (claude or codex) on this terminal, or keep a token for it",
		configure: (command) => command.option('--token', 'keep the token that comes on stdin as a secret of this node'),
		group: 'Set up',
		examples: ['gangline agent login claude', 'gangline agent login codex'],
		run: async (session, args, options) => {
			const tool = await toolOf(args.required(0));
			return options.flag('token') ? keepToken(session, tool) : login(session, tool);
		},
	});
}

async function toolOf(name: string): Promise<AgentTool> {
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
	return tool;
}

/** Where there is no terminal: a token that the tool reads from a variable, kept 0600 and hidden in every log. */
async function keepToken(session: Session, { program, token }: AgentTool): Promise<number> {
	const answer = await keepSecret(session, token);
	session.out.result(answer, () => `${token} is kept; ${program} gets it on this machine from now on`);
	return 0;
}

async function login(session: Session, tool: AgentTool): Promise<number> {
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
