/**
 * agent login, logins, logout: the own logins of agents' programs, on this terminal, and any number of others by name.
 * Gangline never sees what is typed there; a token comes on stdin alone, never as an argument.
 */
import { readdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { ganglineError } from '../../shared/ports/errors.ts';
import { type AccountRuntime, loginPlaces, loginSecret } from '../../shared/project/agent-logins.ts';
import {
	accountEnvironment,
	accountsHere,
	makeAccount,
	parseAccount,
	removeAccount,
	secretNames,
} from './agent-accounts.ts';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import { systemWorld } from './doctor-world.ts';
import { plainLine } from './output.ts';
import { keepSecret } from './secret.ts';
import type { Session } from './session.ts';

interface AgentTool {
	readonly runtime: AccountRuntime;
	readonly program: string;
	readonly login: readonly string[];
	readonly install: string;
}

const tools: Readonly<Record<string, AgentTool>> = {
	claude: {
		runtime: 'claude-code',
		program: 'claude',
		login: ['auth', 'login'],
		install: 'npm install -g @anthropic-ai/claude-code',
	},
	codex: { runtime: 'codex', program: 'codex', login: ['login'], install: 'npm install -g @openai/codex' },
};

export function registerAgent(program: Command, context: CliContext): void {
	const agent = program
		.command('agent')
		.description('Agents: log in, with one account or several')
		.helpGroup('Set up:');
	describeExamples(agent, ['gangline agent login claude', 'gangline agent login codex --account work']);
	defineCommand(agent, context, {
		usage: 'login <tool>',
		summary: "Run an agent tool's own login (claude or codex) on this terminal, or keep a token for it",
		configure: (command) =>
			command
				.option('--token', 'keep the token that comes on stdin as a secret of this node')
				.option('--account <name>', 'a further login beside its own, for agents whose settings name it in accounts'),
		group: 'Set up',
		examples: [
			'gangline agent login claude',
			'gangline agent login claude --account work',
			'gangline agent login codex --account work --token < token-file',
		],
		run: async (session, args, options) => {
			const tool = await toolOf(args.required(0));
			const asked = options.text('account');
			const account = asked === undefined ? null : parseAccount(asked);
			if (account !== null) await makeAccount(session, tool.runtime, account);
			return options.flag('token') ? keepToken(session, tool, account) : login(session, tool, account);
		},
	});
	defineCommand(agent, context, {
		usage: 'logins',
		summary: 'The accounts that are logged in here by name; what is in them is never shown',
		group: 'Set up',
		examples: ['gangline agent logins'],
		run: listLogins,
	});
	defineCommand(agent, context, {
		usage: 'logout <tool>',
		summary: 'Remove an account from this machine, with its token and the sessions that its program kept',
		configure: (command) => command.requiredOption('--account <name>', 'which one'),
		group: 'Set up',
		examples: ['gangline agent logout claude --account work'],
		run: async (session, args, options) =>
			logout(session, await toolOf(args.required(0)), parseAccount(options.text('account') ?? '')),
	});
}

async function listLogins(session: Session): Promise<undefined> {
	const kept = await secretNames(session, systemWorld(session));
	const logins: { readonly tool: string; readonly account: string }[] = [];
	for (const [tool, { runtime }] of Object.entries(tools)) {
		const found = await readdir(`${session.state.logins}/${tool}`).catch(() => []);
		const accounts = await accountsHere(session, systemWorld(session), { runtime, accounts: found.sort(), kept });
		logins.push(...accounts.map((account) => ({ tool, account })));
	}
	session.out.result({ logins }, () =>
		logins.length === 0
			? 'no accounts by name; each tool has its own login: gangline agent login claude --account work adds one'
			: logins.map(({ tool, account }) => plainLine(`${tool} ${account}`)).join('\n'),
	);
	return undefined;
}

async function logout(session: Session, { program, runtime }: AgentTool, account: string): Promise<undefined> {
	const secret = loginSecret(runtime, account);
	const hasToken = (await secretNames(session, systemWorld(session))).has(secret);
	if (hasToken) await (await session.node()).call('secret.delete', { name: secret });
	const hadFolder = await removeAccount(session, systemWorld(session), { runtime, account });
	if (!hasToken && !hadFolder) {
		throw ganglineError('NOTHING_TO_SHOW', `there is no account ${account} of ${program} on this machine`, {
			hint: 'gangline agent logins shows those that there are',
		});
	}
	session.out.result({ tool: program, account }, () => `${program} has no account ${account} on this machine any more`);
	return undefined;
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
async function keepToken(session: Session, { program, runtime }: AgentTool, account: string | null): Promise<number> {
	const name = account === null ? loginPlaces[runtime].tokenVariable : loginSecret(runtime, account);
	const answer = await keepSecret(session, name);
	const whom = account === null ? program : `${program}, for agents with the account ${account},`;
	session.out.result(answer, () => `${name} is kept; ${whom} gets it on this machine from now on`);
	return 0;
}

async function login(session: Session, tool: AgentTool, account: string | null): Promise<number> {
	const { context, out } = session;
	const path = await context.programs.find(tool.program);
	if (path === null) {
		throw ganglineError('UNSUITABLE_MACHINE', `${tool.program} is not installed: it was not found on PATH`, {
			hint: `install it: ${tool.install}`,
		});
	}
	const env = account === null ? {} : accountEnvironment(session, tool.runtime, account);
	if (!session.mayAsk) {
		const { folderVariable } = loginPlaces[tool.runtime];
		const place = account === null ? [] : [`${folderVariable}=${env[folderVariable]}`];
		throw ganglineError('REFUSED', `the login of ${tool.program} needs a terminal, and this is none`, {
			hint: `run it yourself where you have one: ${[...place, tool.program, ...tool.login].join(' ')}`,
		});
	}
	out.message(`running ${[path, ...tool.login].join(' ')}`);
	const code = await context.programs.run([path, ...tool.login], { env: { ...context.env, ...env } });
	if (code === 0) out.message(`${tool.program} says that the login worked; ${whoUses(account)}`);
	return code === 0 ? 0 : 1;
}

function whoUses(account: string | null): string {
	if (account === null) return 'the node uses it from now on';
	return `agents with accounts = ["${account}"] in .gangline/project.toml use it from now on`;
}
