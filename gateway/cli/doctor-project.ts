/** Checks of the repository that one stands in: identity, configuration, remote, agents. */
import { probeRemote, readIdentity } from '../../shared/git/index.ts';
import { projectConfigPath } from '../../shared/project/index.ts';
import { asRoot, type Check, type CheckResult, fail, ok, type Patient, shellWord, warn } from './doctor-check.ts';

export const projectChecks: readonly Check[] = [
	{ id: 'identity', run: checkIdentity },
	{ id: 'repository', run: checkRepository },
	{ id: 'project file', run: checkConfig },
	{ id: 'gates', run: async ({ config }) => checkGates(config?.gate.length ?? null) },
	{ id: 'remote', run: checkRemote },
	{ id: 'gh', run: checkGh },
	{ id: 'agents', run: checkAgents },
];

const noProject = ok('no project here');

async function checkIdentity({ session, repository }: Patient): Promise<CheckResult> {
	const identity = await readIdentity(repository?.folder ?? '/', session.context.env);
	if (identity.name && identity.email) return ok(`${identity.name} <${identity.email}>`);
	const user = session.context.env.USER ?? 'you';
	const commands = [
		...(identity.name ? [] : [`git config --global user.name ${shellWord(user)}`]),
		...(identity.email ? [] : [`git config --global user.email ${shellWord(`${user}@localhost`)}`]),
	];
	return fail('git does not know who you are, so nothing can be committed in your name', {
		fix: commands.join(' && '),
	});
}

async function checkRepository({ session, repository, config }: Patient): Promise<CheckResult> {
	if (repository === null) return ok(`${session.context.cwd} is in no repository`);
	const cd = `cd ${shellWord(repository.folder)} && `;
	const { head, inProgress } = repository;
	if (head.kind === 'unborn')
		return fail('no commit yet', { fix: `${cd}git add -A && git commit -q -m "First commit"` });
	if (repository.isShallow)
		return fail('a shallow clone: older commits are missing', { fix: `${cd}git fetch -q --unshallow` });
	if (repository.submodules.length > 0) {
		return fail(`submodules (${repository.submodules[0]}) cannot be checked when a change lands`, {
			advice: 'Use Gangline in the submodules themselves.',
		});
	}
	if (inProgress !== null) {
		const abort = inProgress === 'bisect' ? 'reset' : '--abort';
		return warn(`a ${inProgress} is in progress: your checkout is left alone until it ends`, {
			fix: `${cd}git ${inProgress} ${abort}`,
		});
	}
	const branch = config?.branch ?? repository.defaultBranch;
	if (head.kind === 'detached') {
		const says = 'HEAD is detached: your checkout does not follow what lands';
		return warn(says, branch === null ? {} : { fix: `${cd}git switch -q ${shellWord(branch)}` });
	}
	return ok(`${head.branch} at ${head.commit.slice(0, 10)}`);
}

async function checkConfig({ repository, config, configError }: Patient): Promise<CheckResult> {
	if (repository === null) return noProject;
	if (configError !== null) return fail(configError, { advice: `Correct ${projectConfigPath} and commit it.` });
	const cd = `cd ${shellWord(repository.folder)} && `;
	if (config === null) return warn(`no ${projectConfigPath} is committed`, { fix: `${cd}gangline init` });
	if (repository.dirty.includes(projectConfigPath)) {
		return warn(`${projectConfigPath} differs from what is committed; only what has landed counts`, {
			fix: `${cd}git commit -q -m "Change the Gangline project file" -- ${projectConfigPath}`,
		});
	}
	if (!repository.branches.includes(config.branch)) {
		return fail(`branch is ${JSON.stringify(config.branch)}, which is not there`, {
			fix: `${cd}git branch ${shellWord(config.branch)}`,
		});
	}
	return ok(`${config.name}: ${config.review.mode} review, landing ${config.landing.mode}`);
}

export function checkGates(gates: number | null): CheckResult {
	if (gates === null) return noProject;
	if (gates > 0) return ok(`${gates}`);
	return warn('there are no gates: every change waits for a person', {
		advice: `Add a [[gate]] to ${projectConfigPath}.`,
	});
}

async function checkRemote({ session, repository, config }: Patient): Promise<CheckResult> {
	if (repository === null || config === null) return noProject;
	const { mode, remote } = config.landing;
	if (mode === 'local') return ok('landing is local: nothing is pushed');
	const { env } = session.context;
	const answer = await probeRemote({ folder: repository.folder, environment: env, remote, branch: config.branch });
	switch (answer.kind) {
		case 'accepts':
			return ok(`${remote} answers and takes pushes`);
		case 'missing':
			return fail(`landing.mode is ${mode} and landing.remote is ${remote}, but there is no such remote`, {
				advice: `git remote add ${remote} <url>, or set landing.mode = "local".`,
			});
		case 'silent':
			return fail(`${remote} does not answer: ${answer.why}`, { advice: `See what \`git ls-remote ${remote}\` says.` });
		case 'refuses':
			return fail(`${remote} would refuse a push: ${answer.why}`, {
				advice: 'Ask for the right to push, or set landing.mode = "pull-request".',
			});
	}
}

async function checkGh({ world, config }: Patient): Promise<CheckResult> {
	if (config?.landing.mode !== 'pull-request') return ok('not needed: landing is not pull-request');
	if ((await world.find('gh')) === null) {
		return warn('gh is not installed: branches are pushed, and you open the pull requests by the printed link', {
			fix: asRoot(world, 'apt-get install -y gh'),
		});
	}
	const login = await world.run(['gh', 'auth', 'status']);
	if (login.code === 0) return ok('logged in');
	return warn('gh is not logged in: branches are pushed, and you open the pull requests by the printed link', {
		fix: 'gh auth login',
	});
}

interface AgentProgram {
	readonly program: string;
	readonly install: string;
	readonly login: string;
	/** Any of these variables is a login. */
	readonly variables: readonly string[];
	readonly folderVariable: string;
	readonly folder: string;
	readonly file: string;
}

const agentPrograms: Readonly<Record<'claude-code' | 'codex', AgentProgram>> = {
	'claude-code': {
		program: 'claude',
		install: 'npm install -g @anthropic-ai/claude-code',
		login: 'gangline agent login claude',
		variables: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
		folderVariable: 'CLAUDE_CONFIG_DIR',
		folder: '.claude',
		file: '.credentials.json',
	},
	codex: {
		program: 'codex',
		install: 'npm install -g @openai/codex',
		login: 'gangline agent login codex',
		variables: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
		folderVariable: 'CODEX_HOME',
		folder: '.codex',
		file: 'auth.json',
	},
};

async function checkAgents(patient: Patient): Promise<CheckResult> {
	const { config } = patient;
	if (config === null) return noProject;
	const runtimes = new Set(config.agent.map(({ runtime }) => runtime));
	const seen: string[] = [];
	for (const runtime of runtimes) {
		if (runtime === 'shell') continue;
		const result = await checkAgent(patient, agentPrograms[runtime]);
		if (result.status !== 'ok') return result;
		seen.push(result.says);
	}
	return ok(seen.length === 0 ? 'none configured: items with a fenced `sh` block can be worked on' : seen.join(', '));
}

async function checkAgent({ world, session }: Patient, agent: AgentProgram): Promise<CheckResult> {
	const { env } = session.context;
	if ((await world.find(agent.program)) === null) {
		return fail(`${agent.program} is not on PATH, and an agent is configured to run it`, { fix: agent.install });
	}
	const version = await world.run([agent.program, '--version']);
	if (version.code !== 0) {
		return fail(`${agent.program} --version ends with ${version.code ?? 'no exit code'}`, { fix: agent.install });
	}
	const folder = env[agent.folderVariable] ?? `${env.HOME ?? ''}/${agent.folder}`;
	const hasLogin = agent.variables.some((name) => env[name]) || (await world.stat(`${folder}/${agent.file}`)) !== null;
	if (!hasLogin) return fail(`${agent.program} is not logged in`, { fix: agent.login });
	return ok(`${agent.program} ${version.stdout.trim().split('\n')[0] ?? ''}, logged in`);
}
