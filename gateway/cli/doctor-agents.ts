/**
 * Whether the agents of the project file can work here: their programs, versions and logins. A login is looked for
 * where the agent will have it: in its files, or in the environment of the running node, which is as it was when the
 * node was started.
 */
import { type AccountRuntime, type AgentConfig, judgeVersion, loginPlaces } from '../../shared/project/index.ts';
import { accountsHere, secretNames } from './agent-accounts.ts';
import { findNode } from './client.ts';
import { type CheckResult, fail, ok, type Patient, warn } from './doctor-check.ts';

interface AgentProgram {
	readonly runtime: AccountRuntime;
	readonly program: string;
	readonly install: string;
	readonly login: string;
	/** In the home of its user, where no variable says another. */
	readonly folder: string;
	/** Asks the program itself, which knows more ways than files and variables; null where its answer tells no more. */
	readonly status: readonly string[] | null;
}

const agentPrograms: Readonly<Record<'claude-code' | 'codex', AgentProgram>> = {
	'claude-code': {
		runtime: 'claude-code',
		program: 'claude',
		install: 'npm install -g @anthropic-ai/claude-code',
		login: 'gangline agent login claude',
		folder: '.claude',
		status: ['auth', 'status', '--json'],
	},
	codex: {
		runtime: 'codex',
		program: 'codex',
		install: 'npm install -g @openai/codex',
		login: 'gangline agent login codex',
		folder: '.codex',
		status: null,
	},
};

/** One answer for all agents of the project file: the first that cannot work, or whose program is old, or all of them. */
export async function checkAgents(patient: Patient): Promise<CheckResult> {
	const { config } = patient;
	if (config === null) return ok('no project here');
	const seen: string[] = [];
	let doubt: CheckResult | null = null;
	for (const agent of config.agent) {
		if (agent.runtime === 'shell') continue;
		const result =
			agent.runtime === 'acp'
				? await checkAcp(patient, agent)
				: await checkAgent(patient, agent, agentPrograms[agent.runtime]);
		if (result.status === 'fail') return result;
		if (result.status === 'warn') doubt ??= result;
		seen.push(result.says);
	}
	if (doubt !== null) return doubt;
	const says = [...new Set(seen)].join(', ');
	return ok(seen.length === 0 ? 'none configured: items with a fenced `sh` block can be worked on' : says);
}

/** Its login is its own affair; whether it speaks the protocol shows when it is run. */
async function checkAcp({ world }: Patient, { name, command }: AgentConfig): Promise<CheckResult> {
	const program = command?.[0] ?? '';
	if ((await world.find(program)) !== null) return ok(`${program}, over ACP`);
	return fail(`${program} is not on PATH, and the agent ${name} is configured to run it`, {
		fix: `install ${program}, or correct its command in .gangline/project.toml`,
	});
}

async function checkAgent(patient: Patient, agent: AgentConfig, known: AgentProgram): Promise<CheckResult> {
	const { world } = patient;
	const { program, install } = known;
	if ((await world.find(program)) === null) {
		return fail(`${program} is not on PATH, and an agent is configured to run it`, { fix: install });
	}
	const version = await world.run([program, '--version']);
	if (version.code !== 0) {
		return fail(`${program} --version ends with ${version.code ?? 'no exit code'}`, { fix: install });
	}
	const says = `${program} ${version.stdout.trim().split('\n')[0] ?? ''}`;
	const found = await checkLogin(patient, agent, { ...known, says });
	return found.status === 'ok' ? judged(found.says, { ...known, answer: version.stdout }) : found;
}

/** It can work; whether anybody has seen its version work is another matter. */
function judged(
	says: string,
	{ runtime, program, install, answer }: AgentProgram & { readonly answer: string },
): CheckResult {
	const version = judgeVersion(runtime, answer);
	const fix = `${install}@latest`;
	switch (version.kind) {
		case 'fine':
			return ok(says);
		case 'old':
			return warn(`${says}: older than ${version.wanted}, the first that was seen to work with this`, { fix });
		case 'unknown':
			return warn(`${says}: what ${program} --version says has no version in it`, { fix });
	}
}

async function checkLogin(
	patient: Patient,
	agent: AgentConfig,
	{ says, ...known }: AgentProgram & { readonly says: string },
): Promise<CheckResult> {
	const { session } = patient;
	const { program, login, runtime } = known;
	const { keys } = loginPlaces[runtime];
	if (agent.accounts.length > 0) return checkAccounts(patient, agent, { ...known, says });
	const isSet = (name: string): boolean => Boolean(session.context.env[name]);
	const unknown = await unknownToNode(patient, [...keys, ...agent.env].filter(isSet));
	if (unknown.length > 0) {
		return fail(`${unknown.join(', ')} is set here, but not where the running node was started`, {
			fix: 'gangline stop; gangline start',
		});
	}
	// Where the program cannot be asked, a variable that the project names for it may be the key of its provider.
	const logins = known.status === null ? [...keys, ...agent.env] : keys;
	const names = logins.filter(isSet);
	if (names.length === 0 && !(await hasLogin(patient, known))) {
		return fail(`${program} is not logged in, and none of ${logins.join(', ')} is set`, { fix: login });
	}
	const how = names.length > 0 ? `with ${names.join(', ')}` : 'logged in';
	return ok(`${says}, ${how}`);
}

/** One of the accounts is enough to work with; those that are not here are named. */
async function checkAccounts(
	{ world, session }: Patient,
	{ name, accounts }: AgentConfig,
	{ runtime, login, program, says }: AgentProgram & { readonly says: string },
): Promise<CheckResult> {
	const kept = await secretNames(session, world);
	const here = await accountsHere(session, world, { runtime, accounts, kept });
	if (here.length === 0) {
		return fail(`the agent ${name} may use the accounts ${accounts.join(', ')} of ${program}, and none is here`, {
			fix: `${login} --account ${accounts[0] ?? ''}`,
		});
	}
	const missing = accounts.filter((account) => !here.includes(account));
	const without = missing.length === 0 ? '' : ` (not here: ${missing.join(', ')})`;
	return ok(`${says}, accounts ${here.join(', ')}${without}`);
}

async function hasLogin({ world, session }: Patient, known: AgentProgram): Promise<boolean> {
	const { keys, folderVariable, file } = loginPlaces[known.runtime];
	const kept = await secretNames(session, world);
	if (keys.some((name) => kept.has(name))) return true;
	const { env } = session.context;
	const folder = env[folderVariable] ?? `${env.HOME ?? ''}/${known.folder}`;
	if ((await world.stat(`${folder}/${file}`)) !== null) return true;
	if (known.status === null) return false;
	const { stdout } = await world.run([known.program, ...known.status]);
	try {
		const answer: unknown = JSON.parse(stdout);
		return typeof answer === 'object' && answer !== null && 'loggedIn' in answer && answer.loggedIn === true;
	} catch {
		return false;
	}
}

/** Which of the variables the running node does not have; none where no node runs. */
async function unknownToNode({ world, session }: Patient, names: readonly string[]): Promise<readonly string[]> {
	const node = await findNode(session.state, session.context.programs);
	const text = node === null ? null : await world.read(`/proc/${node.pid}/environ`);
	if (text === null) return [];
	const its = new Set(text.split('\0').map((entry) => entry.slice(0, entry.indexOf('='))));
	return names.filter((name) => !its.has(name));
}
