/** `gangline settings`: the project file as main has it, and a change of it as an item that a person looks at. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Result } from '../../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand, type Options } from './define-command.ts';
import { plain, plainLine } from './output.ts';
import type { Session } from './session.ts';

export function registerSettings(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'settings',
		summary: 'How the project is set up, judged and worked on, as main has it; or a change of that, as an item',
		group: 'Look',
		examples: [
			'gangline settings                           defaults filled in',
			'gangline settings --text > settings.toml    the file as main has it',
			'gangline settings --from settings.toml      an item that makes it so, once a person has approved it',
		],
		configure: (command) =>
			command
				.option('--text', 'the file as main has it, nothing filled in')
				.option('--from <file>', 'change main to this file, by an item')
				.option('--check', 'with --from: only say whether it can be read and what differs'),
		run: async (session, _args, options) => {
			const from = options.text('from');
			if (from === undefined) await show(session, options);
			else await change(session, resolve(context.cwd, from), options.flag('check'));
			return undefined;
		},
	});
}

async function show(session: Session, options: Options): Promise<void> {
	if (options.flag('check')) {
		const hint = 'gangline settings --check --from FILE';
		throw ganglineError('INVALID_ARGUMENT', '--check looks at a file', { hint });
	}
	const found = await session.ask('project.settings', {});
	const { renderProjectConfig } = await import('../../shared/project/render.ts');
	const isText = options.flag('text');
	session.out.result(found, () => (isText ? found.text : renderProjectConfig(found.settings)).trimEnd());
	if (session.out.json || isText) return;
	session.out.message(`changed in ${found.file} of a checkout and committed, or by gangline settings --from FILE`);
}

async function change(session: Session, path: string, check: boolean): Promise<void> {
	const { readFile } = await import('node:fs/promises');
	const text = await readFile(path, 'utf8').catch((cause: unknown) => {
		const hint = 'gangline settings --text > settings.toml writes one to begin with';
		throw ganglineError('INVALID_ARGUMENT', `${path} cannot be read`, { hint, cause });
	});
	const { version } = await session.ask('project.settings', {});
	const answer = await session.ask('project.configure', { text, version, check }).catch(async (error: unknown) => {
		throw error instanceof GanglineError ? await placedIn(error, path) : error;
	});
	session.out.result(answer, () => changeText(answer));
}

/** A mistake in the file that was given is not in the one that main has. */
async function placedIn({ code, message, hint, data }: GanglineError, path: string): Promise<GanglineError> {
	const { projectConfigPath } = await import('../../shared/project/config.ts');
	const placed = (words: string): string => words.replaceAll(projectConfigPath, path);
	return new GanglineError(code, placed(message), { data, ...(hint === undefined ? {} : { hint: placed(hint) }) });
}

function changeText({ patch, item, answer }: Result<'project.configure'>): string {
	const head = item === null ? answer : `${item.name} ${item.title}: ${answer}`;
	return `${plain(patch).trimEnd()}\n\n${plainLine(head)}`;
}
