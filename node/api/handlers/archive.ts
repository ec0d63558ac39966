/** What is found by words, and what is done or closed by pages: open items and those that left the index alike. */
import { archivePage, type Handlers, hitOf } from '../../../shared/operations/index.ts';
import type { HandlerContext } from './context.ts';

type ArchiveHandlers = Pick<Handlers, 'item.search' | 'item.archive'>;

export function archiveHandlers(context: Pick<HandlerContext, 'project'>): ArchiveHandlers {
	return {
		'item.search': async ({ project: ref, words, limit }) => {
			const project = context.project(ref);
			const found = await project.search(words);
			const hits = found.slice(0, limit).map(({ item, snippet }) => {
				return hitOf(project.id, item, { archived: project.home.item(item.key) === undefined, snippet });
			});
			return { hits, more: found.length > limit };
		},
		'item.archive': async ({ project: ref, page, size }) => {
			const project = context.project(ref);
			const { closed, left } = await project.archive();
			const all = [
				...closed.map((item) => hitOf(project.id, item, { archived: false })),
				...left.map((item) => hitOf(project.id, item, { archived: true })),
			];
			return archivePage(all, { page, size });
		},
	};
}
