/** Tells the event stream what changed in a project: items as they are now, items that are gone, the project itself. */

import { itemAnswer } from '../shared/operations/index.ts';
import type { NodeParts } from './compose.ts';
import type { Project } from './home/project.ts';
import type { ProjectChange } from './home/project-parts.ts';

export function announceChanges(
	{ hub, clock }: Pick<NodeParts, 'hub' | 'clock'>,
	project: Project,
	change: ProjectChange,
): void {
	const at = clock.now();
	if (change.kind === 'project') {
		hub.publish({ kind: 'project', at, project: project.view() });
		return;
	}
	const views = project.views();
	const around = project.surroundings(views);
	for (const key of change.keys) {
		const view = views.get(key);
		if (view) hub.publish({ kind: 'item', at, project: project.id, item: itemAnswer(view, around), why: change.why });
		else hub.publish({ kind: 'itemGone', at, project: project.id, key, name: key });
	}
}
