/**
 * The project's settings as the landed main has them: never a candidate's, never the person's unsaved ones. Kept until
 * main moves. A main whose file cannot be read stops the project with that sentence. Views and what brings a person's
 * correction in go by the last good one, or the project could never go on [I12].
 */
import { type CommitId, GanglineError, type Git, ganglineError } from '../../shared/ports/index.ts';
import { type ProjectConfig, parseProjectConfig, projectConfigPath } from '../../shared/project/index.ts';

const configBytesMax = 256 * 1024;
/** How far back a file that can be read is looked for. */
const commitsBackMax = 200;

export class ConfigAtMain {
	readonly #git: Git;
	readonly #id: string;
	#tip: CommitId | null = null;
	#current: ProjectConfig | null = null;

	constructor(git: Git, id: string) {
		this.#git = git;
		this.#id = id;
	}

	/** The last one that could be read. */
	get last(): ProjectConfig | null {
		return this.#current;
	}

	/** As main has it now. @throws GanglineError INVALID_CONFIG naming file, line and what was expected. */
	async read(): Promise<ProjectConfig> {
		const tip = await this.#git.main();
		if (this.#current !== null && tip === this.#tip) return this.#current;
		if (tip === null) throw ganglineError('UNSUITABLE_REPOSITORY', 'the canonical branch has no commit yet');
		this.#current = await this.at(tip);
		this.#tip = tip;
		return this.#current;
	}

	/** As main has it, or had it when it could last be read. @throws GanglineError INVALID_CONFIG where it never could. */
	async lastGood(): Promise<ProjectConfig> {
		try {
			return await this.read();
		} catch (error) {
			if (!(error instanceof GanglineError) || error.code !== 'INVALID_CONFIG') throw error;
			this.#current ??= await this.#newestGood();
			if (this.#current === null) throw error;
			return this.#current;
		}
	}

	async #newestGood(): Promise<ProjectConfig | null> {
		for (const { commit } of await this.#git.firstParents({ limit: commitsBackMax })) {
			const config = await this.at(commit).catch(() => null);
			if (config !== null) return config;
		}
		return null;
	}

	/** As a commit on main has it. */
	at(commit: CommitId): Promise<ProjectConfig> {
		return configAt(this.#git, commit, this.#id);
	}
}

/** The settings of a project as a commit on its main has them. @throws GanglineError INVALID_CONFIG */
export async function configAt(git: Pick<Git, 'file'>, commit: CommitId, id: string): Promise<ProjectConfig> {
	const bytes = await git.file(commit, projectConfigPath, configBytesMax);
	if (bytes === null) {
		throw ganglineError('INVALID_CONFIG', `main has no ${projectConfigPath}`, {
			hint: 'run `gangline init` in the repository, or put the file back and commit it',
		});
	}
	const config = parseProjectConfig(Buffer.from(bytes).toString(), { path: projectConfigPath });
	if (config.id !== id) {
		throw ganglineError('INVALID_CONFIG', `${projectConfigPath} has id ${config.id}, this project is ${id}`, {
			hint: 'put the id back: it names the project on every machine',
		});
	}
	return config;
}
