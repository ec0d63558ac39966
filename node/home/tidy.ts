/** What a project's home clears away: clones and previews that nobody needs, and items that were closed long ago. */
import type { Item, Stage } from '../../shared/pipeline/index.ts';
import type { ProjectParts } from './project-parts.ts';
import { dueForArchive } from './sweep.ts';

type Tidied = Pick<ProjectParts, 'worker' | 'previews' | 'home' | 'exchange' | 'segments' | 'clock'>;

/** One pass. Work in a clone is kept on a ref before the clone goes [I7]. */
export async function tidy({ worker, previews, home, exchange, segments, clock }: Tidied): Promise<void> {
	const wanted = withClones(Object.values(home.facts.items));
	await worker.tidy(wanted);
	await previews.tidy(wanted);
	await exchange.tidy();
	const due = dueForArchive(home.facts, clock.now());
	const archive = { by: 'system', who: 'sweep', event: 'archive', args: {} } as const;
	await home.submit(
		'home',
		due.map(({ key: item }) => ({ ...archive, item })),
	);
	await segments.pass(clock.now());
}

const over: ReadonlySet<Stage['kind']> = new Set(['done', 'archived', 'abandoned', 'superseded']);

/** Items whose clone may still be needed: not ended, or kept for people to look at. */
function withClones(items: readonly Item[]): ReadonlySet<string> {
	return new Set(items.filter(({ stage }) => !over.has(stage.kind)).map(({ key }) => key));
}
