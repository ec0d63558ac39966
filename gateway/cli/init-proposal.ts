/**
 * From what was found, the flags and a person's answers to the project's configuration. A flag wins over an answer, an
 * answer over what was found; what is risky (pushing, landing without a person) is never the default.
 */
import { ganglineError } from '../../shared/ports/errors.ts';
import { type Detection, type ProjectConfig, projectConfigSchema } from '../../shared/project/index.ts';
import type { InitOptions } from './init-options.ts';
import type { Questions } from './init-questions.ts';

export interface ProposalInput {
	readonly id: string;
	readonly branch: string;
	/** The folder's name. */
	readonly folderName: string;
	readonly remotes: readonly string[];
	readonly found: Detection;
	readonly options: InitOptions;
	/** Null: nobody can be asked, or nobody wants to be. */
	readonly questions: Questions | null;
}

/** @throws GanglineError INVALID_ARGUMENT for flags that cannot be meant together or that no file may hold. */
export async function proposeConfig(input: ProposalInput): Promise<ProjectConfig> {
	const { options, found } = input;
	const name = options.name ?? (await askName(input));
	const landing = await proposeLanding(input);
	const review = options.review ?? (await askReview(input));
	const setup = options.setup ?? (await keep(input, 'Set-up commands for a new clone', found.setup));
	const gates = options.gates ?? (await askGates(input));
	const copy = options.copy ?? (await keep(input, 'Untracked files to copy into clones', found.copy));
	// A flag is held to the same rules as the file.
	const config = projectConfigSchema.safeParse({
		id: input.id,
		name,
		branch: input.branch,
		review: { mode: review },
		landing,
		work: { caches: found.caches.map(({ value }) => value) },
		setup: { commands: setup, copy, lockfiles: setup.length === 0 ? [] : found.lockfiles.map(({ value }) => value) },
		gate: gates,
	});
	if (config.success) return config.data;
	const issue = config.error.issues[0];
	throw ganglineError('INVALID_ARGUMENT', `${issue?.path.join('.')}: expected ${issue?.message}`, {
		hint: 'The flags are explained by: gangline init --help',
	});
}

async function askName({ folderName, questions }: ProposalInput): Promise<string> {
	const proposed = nameFrom(folderName);
	if (questions === null) return proposed;
	return (await questions.write('Name of the project', proposed)).trim() || proposed;
}

/** A name that the file accepts, as near to the folder's as can be. */
function nameFrom(folder: string): string {
	const plain = folder.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
	const name = plain
		.replace(/[^a-z0-9._-]+/g, '-')
		.replace(/^[^a-z0-9]+/, '')
		.replace(/-+$/, '');
	return name.slice(0, 63) || 'project';
}

async function askReview({ questions, found, options }: ProposalInput): Promise<'human' | 'server'> {
	const hasGates = (options.gates ?? found.gates).length > 0;
	if (questions === null || !hasGates) return 'human';
	const choices = [
		{ value: 'human', label: 'I approve each change', hint: 'you can change it later' },
		{ value: 'server', label: 'a change lands as soon as its gates pass' },
	] as const;
	return questions.choose('Who approves changes?', choices, 'human');
}

async function proposeLanding(input: ProposalInput): Promise<ProjectConfig['landing']> {
	const { options, remotes, questions } = input;
	const remote = options.remote ?? remotes.find((name) => name === 'origin') ?? remotes[0] ?? 'origin';
	if (options.remote !== undefined && !remotes.includes(options.remote)) throw noRemote(options.remote, remotes);
	if (options.landing !== undefined) {
		if (options.landing !== 'local' && remotes.length === 0) throw noRemote(remote, remotes);
		return { mode: options.landing, remote };
	}
	if (questions === null || remotes.length === 0) return { mode: 'local', remote };
	const choices = [
		{ value: 'local', label: `only on ${input.branch} here`, hint: 'you push when you like' },
		{ value: 'push', label: `also pushed to ${remote}` },
		{ value: 'pull-request', label: `as a branch and a pull request on ${remote}` },
	] as const;
	return { mode: await questions.choose('Where do landed changes go?', choices, 'local'), remote };
}

function noRemote(remote: string, remotes: readonly string[]): Error {
	const known = remotes.length === 0 ? 'none' : remotes.join(', ');
	return ganglineError('INVALID_ARGUMENT', `the repository has no remote ${JSON.stringify(remote)} (known: ${known})`, {
		hint: `git remote add ${remote} <url>, or use --landing local`,
	});
}

async function keep(
	input: ProposalInput,
	question: string,
	found: readonly { readonly value: string; readonly why: string }[],
): Promise<readonly string[]> {
	const all = found.map(({ value }) => value);
	if (input.questions === null || all.length === 0) return all;
	return input.questions.pick(
		question,
		found.map(({ value, why }) => ({ value, label: value, hint: why })),
	);
}

async function askGates(input: ProposalInput): Promise<readonly Detection['gates'][number]['value'][]> {
	const { gates } = input.found;
	if (input.questions !== null && gates.length === 0) {
		const command = (
			await input.questions.write('A command that must pass before a change lands (empty: none)', '')
		).trim();
		return command === '' ? [] : [{ name: 'test', kind: 'test', command }];
	}
	const found = gates.map(({ value }) => ({ value: value.name, why: value.command }));
	const names = new Set(await keep(input, 'Gates that must pass before a change lands', found));
	return gates.map(({ value }) => value).filter(({ name }) => names.has(name));
}
