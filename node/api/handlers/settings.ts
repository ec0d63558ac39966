/** Answers what is asked about a project's settings: as main has them, and a change of them as an item. */
import type { Args, Caller, Handlers, Result } from '../../../shared/operations/index.ts';
import { projectConfigPath } from '../../../shared/project/index.ts';
import { settingsChange, settingsFile } from '../../home/settings-change.ts';
import type { HandlerContext } from './context.ts';

type SettingsHandlers = Pick<Handlers, 'project.settings' | 'project.configure'>;

export interface SettingsContext extends HandlerContext {
	readonly add: (args: Args<'item.add'>, caller: Caller) => Promise<Result<'item.add'>>;
}

export function settingsHandlers({ project: find, add }: SettingsContext): SettingsHandlers {
	return {
		'project.settings': async ({ project: ref }) => {
			const project = find(ref);
			const { text, version } = await settingsFile(project.repository);
			return { file: projectConfigPath, settings: project.config(), text, version };
		},
		'project.configure': async ({ project, text, version, check }, caller) => {
			const { patch, title, description } = await settingsChange(find(project).repository, { text, version });
			if (check) return { patch, title, item: null, answer: 'it can be read; nothing was changed' };
			const wanted = { project, title, description, type: 'refactor', agent: 'shell', review: 'human' } as const;
			const added = await add(
				{ ...wanted, ...{ dependsOn: [], parent: null, labels: [], hold: false, upcoming: false } },
				caller,
			);
			return { patch, title, item: added.item, answer: added.answer };
		},
	};
}
