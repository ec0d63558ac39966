/** What waits for a person, in all projects that the gateway has replicas of: items, and projects that stand still. */
import type { ReplicaSet } from '../../shared/replica/index.ts';
import { seenItems, seenProject } from '../../shared/replica/index.ts';
import type { Waiting } from './plan.ts';

export function waitingIn(replicas: Pick<ReplicaSet, 'seats'>): readonly Waiting[] {
	return replicas.seats().flatMap((seat) => {
		const project = seenProject(seat);
		const place = `p/${encodeURIComponent(project.name)}`;
		const trouble =
			project.trouble === null ? [] : [{ key: project.id, title: project.name, words: project.trouble, path: place }];
		const items = seenItems(seat).flatMap(({ key, name, title, needsYou }) =>
			needsYou === null
				? []
				: [
						{
							key: `${project.id}/${key}`,
							title: `${project.name} ${name} ${title}`,
							words: needsYou,
							path: `${place}/${encodeURIComponent(name.replace(/^#/, ''))}`,
						},
					],
		);
		return [...trouble, ...items];
	});
}
