/** Says which items would wait for each other, before an edit that would be refused without naming them. */
import { dependencyCycle, type Item } from '../../../shared/pipeline/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import type { Project } from '../../home/project.ts';

/** @throws GanglineError REFUSED naming the circle that these fields would close. */
export function refuseCircle(
	project: Project,
	key: string,
	fields: { readonly dependsOn?: readonly string[]; readonly parent?: string | null },
): void {
	const { items } = project.home.facts;
	const item = items[key];
	if (item === undefined) return;
	const changed: Pick<Item, 'dependsOn' | 'parent'> = {
		dependsOn: fields.dependsOn ?? item.dependsOn,
		parent: fields.parent === undefined ? item.parent : fields.parent,
	};
	const circle = dependencyCycle({ ...items, [key]: changed });
	if (circle === null || !circle.includes(key)) return;
	const begin = circle.indexOf(key);
	const names = [...circle.slice(begin), ...circle.slice(0, begin), key].map((one) => `#${items[one]?.number}`);
	throw ganglineError('REFUSED', `#${item.number} would wait for itself: ${names.join(' waits for ')}`, {
		hint: `take one of these out: gangline show ${item.number} names what it depends on`,
	});
}
