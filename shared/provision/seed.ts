/**
 * The project file of a repository that has none: proposed from its files, committed alone, under the person's name.
 * What is there is never changed, and nothing of the repository is run on this machine, hooks included: its gates are
 * shown green inside the container.
 */
import { lstat, readFile } from 'node:fs/promises';
import {
	commitAlone,
	type Environment,
	inspectRepository,
	namedPrograms,
	onlyReading,
	readCheckoutTree,
} from '../git/index.ts';
import { type Clock, ganglineError, type Random } from '../ports/index.ts';
import { newUlid } from '../ports/ulid.ts';
import {
	detectProject,
	parseProjectConfig,
	projectConfigPath,
	projectConfigSchema,
	renderProjectConfig,
} from '../project/index.ts';
import { stackRows } from './stacks.ts';

export interface Seeding {
	readonly path: string;
	readonly name: string;
	readonly environment: Environment;
	readonly clock: Clock;
	readonly random: Random;
	/** The folder of the stacks. */
	readonly stacks: string;
}

export interface Seeded {
	/** The project's id. */
	readonly project: string;
	readonly words: string;
}

/** @throws GanglineError UNSUITABLE_REPOSITORY, INVALID_CONFIG, REFUSED */
export async function seedProject(seeding: Seeding): Promise<Seeded> {
	const { path, name, environment, clock, random, stacks } = seeding;
	const facts = await inspectRepository(path, onlyReading(environment), { dirty: false });
	if (facts.kind !== 'checkout')
		throw unsuitable(`${path} is no checkout of a git repository`, `cd ${path} && git init`);
	if (facts.head.kind === 'detached') {
		throw unsuitable(`HEAD is detached in ${path}; expected a branch`, `cd ${path} && git switch <branch>`);
	}
	const tree = facts.head.kind === 'unborn' ? null : await readCheckoutTree(path, onlyReading(environment));
	const existing = (await tree?.read(projectConfigPath)) ?? null;
	if (existing !== null) {
		const { id } = parseProjectConfig(existing, { path: projectConfigPath });
		return { project: id, words: `${projectConfigPath} is there and stays as it is` };
	}
	if (!facts.hasIdentity) {
		throw unsuitable(
			'git does not know who you are, so nothing can be committed',
			'git config --global user.name "Your Name" && git config --global user.email you@example.org',
		);
	}
	const written = await readFile(`${path}/${projectConfigPath}`, 'utf8').catch(() => null);
	if (written !== null) throw unsuitable(`${projectConfigPath} is there but not committed`, `commit it in ${path}`);
	await refuseTraps(seeding);
	const { branch } = facts.head;
	const found = tree === null ? null : await detectProject(tree, await stackRows(stacks));
	const values = (list: readonly { readonly value: string }[] = []): string[] => list.map(({ value }) => value);
	const setup = values(found?.setup);
	const config = projectConfigSchema.parse({
		...{ id: newUlid(clock, random), name, branch },
		work: { caches: values(found?.caches) },
		setup: {
			commands: setup,
			copy: values(found?.copy),
			lockfiles: setup.length === 0 ? [] : values(found?.lockfiles),
		},
		gate: (found?.gates ?? []).map(({ value }) => value),
	});
	const message = 'Add the Gangline project file';
	const content = renderProjectConfig(config);
	const commit = await commitAlone({
		folder: path,
		environment: onlyReading(environment),
		path: projectConfigPath,
		content,
		message,
		hooks: false,
	});
	return { project: config.id, words: `committed ${projectConfigPath} as ${commit.slice(0, 10)}` };
}

/**
 * Whoever worked inside an earlier container of this source could have left settings there, or a link to another
 * repository of the person; to commit would run the ones and change the other.
 */
async function refuseTraps({ path, environment }: Seeding): Promise<void> {
	const byHand = `look at them, then commit the project file yourself: cd ${path} && gangline init`;
	const found = await lstat(`${path}/.git`);
	if (!found.isDirectory()) {
		throw unsuitable(`${path}/.git is no plain folder, so nothing is committed from outside`, byHand);
	}
	const [program] = await namedPrograms(path, onlyReading(environment));
	if (program === undefined) return;
	throw unsuitable(`the settings of ${path} name a program that git would run to commit (${program})`, byHand);
}

function unsuitable(message: string, hint: string): Error {
	return ganglineError('UNSUITABLE_REPOSITORY', message, { hint });
}
