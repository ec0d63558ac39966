/** Checks of the repository that one stands in: identity, configuration, remote, agents. */
import { probeRemote, readIdentity } from '../../shared/git/index.ts';
import { shellWord } from '../../shared/operations/shell-word.ts';
import { projectConfigPath } from '../../shared/project/index.ts';
import { checkAgents } from './doctor-agents.ts';
import { asRoot, type Check, type CheckResult, fail, ok, type Patient, warn } from './doctor-check.ts';

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
