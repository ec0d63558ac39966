/**
 * Decides whether a person's checkout can be a project here, and reads what it says of itself from the branch's commit.
 * Changes nothing; every refusal says what to do.
 */
import { inspectRepository, readCheckoutTree } from '../../shared/git/index.ts';
import { type GanglineError, ganglineError } from '../../shared/ports/index.ts';
import { parseProjectConfig, projectConfigPath } from '../../shared/project/index.ts';
import type { ProjectRecord } from './project-parts.ts';

/** @throws GanglineError UNSUITABLE_REPOSITORY, INVALID_CONFIG */
export async function adoptRepository(
	path: string,
	{ environment }: { environment: Readonly<Record<string, string>> },
): Promise<ProjectRecord> {
	const facts = await inspectRepository(path, environment);
	if (facts.kind !== 'checkout') {
		throw unsuitable(
			`${path} is ${facts.kind === 'bare' ? 'a bare repository' : 'no git repository'}`,
			'cd into a checkout, or git init',
		);
	}
	if (facts.head.kind === 'unborn') throw unsuitable(`${facts.folder} has no commit yet`, 'make a first commit');
	const tree = await readCheckoutTree(facts.folder, environment);
	const text = await tree.read(projectConfigPath);
	if (text === null) {
		throw unsuitable(`${facts.folder} has no committed ${projectConfigPath}`, 'run `gangline init` there first');
	}
	const config = parseProjectConfig(text, { path: projectConfigPath });
	if (!facts.branches.includes(config.branch)) {
		throw unsuitable(
			`${projectConfigPath} says branch ${config.branch}, the repository has ${facts.branches.join(', ')}`,
			`put the right branch into ${projectConfigPath}, or make it: git branch ${config.branch}`,
		);
	}
	return { id: config.id, name: config.name, path: facts.folder, branch: config.branch, paused: false };
}

function unsuitable(message: string, hint: string): GanglineError {
	return ganglineError('UNSUITABLE_REPOSITORY', message, { hint });
}
