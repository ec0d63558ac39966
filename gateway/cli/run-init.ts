/**
 * `gangline init`, step by step: looks, asks, shows the file, commits it alone after a yes, then has set-up and gates run
 * once on today's main. Until the yes nothing is changed; afterwards only that one commit is there.
 */
import { basename, join } from 'node:path';
import {
	commitAlone,
	inspectRepository,
	readCheckoutTree,
	repositoryDetails,
	requireGit,
} from '../../shared/git/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { Random } from '../../shared/ports/random.ts';
import { programRoot } from '../../shared/ports/system/installation.ts';
import { newUlid } from '../../shared/ports/ulid.ts';
import {
	detectProject,
	type ProjectConfig,
	parseProjectConfig,
	projectConfigPath,
	renderProjectConfig,
} from '../../shared/project/index.ts';
import type { TreeVerdict } from '../../shared/protocol/work.ts';
import { stackRows, stacksBelow } from '../../shared/provision/stacks.ts';
import type { InitOptions } from './init-options.ts';
import { proposeConfig } from './init-proposal.ts';
import { type Questions, showProgress } from './init-questions.ts';
import { describeChoices, describeFound } from './init-report.ts';
import { requireFree, requireSuitable, type SuitableRepository } from './init-repository.ts';
import { describeGreen, redMain } from './init-verdict.ts';
import { verifyMain } from './init-verify.ts';
import { indent } from './output.ts';
import type { Session } from './session.ts';

/** What `init` needs of the machine besides the command's own context. */
export interface InitMachine {
	readonly platform: string;
	readonly random: Random;
	readonly questions: Questions;
}

export interface Run {
	readonly session: Session;
	readonly machine: InitMachine;
	readonly options: InitOptions;
}

/** @throws GanglineError where the repository is not fit, the person says no, or main is red. */
export async function runInit(run: Run): Promise<void> {
	const { context, out } = run.session;
	await requireGit(context.env, run.machine.platform);
	const facts = await inspectRepository(context.cwd, context.env);
	const repository = requireSuitable(facts, run.options.branch);
	const tree = await readCheckoutTree(repository.folder, context.env);
	const existing = await tree.read(projectConfigPath);
	if (existing !== null) return again(run, repository, parseProjectConfig(existing));
	requireFree(facts);
	for (const warning of repository.warnings) out.message(warning);
	if ((await repositoryDetails(repository.folder, context.env)).usesLfs) {
		out.message('Some files are kept by git-lfs: clones for agents have their pointers, not their content.');
	}
	const found = await detectProject(tree, await stackRows(stacksBelow(join(programRoot, 'docker'))));
	out.message(describeFound(found));
	const config = await proposeConfig({
		id: newUlid(context.clock, run.machine.random),
		branch: repository.branch,
		folderName: basename(repository.folder),
		remotes: repository.remotes,
		found,
		options: run.options,
		questions: run.session.mayAsk && !run.session.options.yes ? run.machine.questions : null,
	});
	const commit = await showAndCommit(run, repository, config);
	const verdict = run.options.verify ? await check(run, repository.folder, config) : null;
	out.result({ project: config, commit, found, verdict }, () => {
		const next = ['Next:', '  gangline start', '  gangline add "What should be done"'];
		return [...(verdict === null ? [] : [describeGreen(config.branch, verdict)]), ...next].join('\n');
	});
}

async function showAndCommit(run: Run, repository: SuitableRepository, config: ProjectConfig): Promise<string> {
	const { out, context } = run.session;
	const content = renderProjectConfig(config);
	out.message(`\n${projectConfigPath}:\n\n${indent(content)}`);
	for (const line of describeChoices(config, repository.remotes)) out.message(line);
	if (!(await run.session.confirm(`Commit ${projectConfigPath} to ${config.branch}?`))) {
		throw ganglineError('REFUSED', 'you said no; nothing was changed', {
			hint: 'Every choice has a flag: gangline init --help',
		});
	}
	const commit = await commitAlone({
		folder: repository.folder,
		environment: context.env,
		path: projectConfigPath,
		content,
		message: 'Add the Gangline project file',
	});
	out.message(`Committed ${projectConfigPath} as ${commit.slice(0, 10)}, and nothing else.`);
	return commit;
}

/** The project is one already: says so and offers to check it, changes nothing. */
async function again(run: Run, repository: SuitableRepository, config: ProjectConfig): Promise<void> {
	const { session } = run;
	session.out.message(
		`${config.name} is a project already: ${projectConfigPath} is committed. Edit that file to change it.`,
	);
	if (config.branch !== repository.branch)
		session.out.message(`Its changes land on ${config.branch}; ${repository.branch} is checked out.`);
	const mayCheck = run.options.verify && (session.mayAsk || session.options.yes);
	if (!mayCheck && run.options.verify)
		session.out.message('To run its set-up and gates on main once: gangline init --yes');
	const isWanted = mayCheck && (await session.confirm(`Run set-up and gates on ${config.branch} once?`));
	const verdict = isWanted ? await check(run, repository.folder, config) : null;
	session.out.result({ project: config, commit: null, found: null, verdict }, () =>
		verdict === null ? '' : describeGreen(config.branch, verdict),
	);
}

/** Runs set-up and gates once on main. @throws GanglineError MAIN_IS_RED; the configuration stays, nothing is started. */
async function check(run: Run, folder: string, config: ProjectConfig): Promise<TreeVerdict> {
	const { context, out } = run.session;
	out.message(`Running set-up and gates once on ${config.branch}, in a clean clone:`);
	const progress = showProgress(context);
	try {
		const verdict = await verifyMain(context, { repository: folder, onStep: progress.step });
		if (!verdict.passed) throw redMain(config.branch, verdict);
		return verdict;
	} finally {
		progress.end();
	}
}
