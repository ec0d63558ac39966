/** What an item demands of the node that works on it; placement and the words for people read it here alike. */
import { someWorker } from '../../shared/operations/index.ts';
import type { Item } from '../../shared/pipeline/index.ts';
import type { PlacementNode } from '../../shared/placement/index.ts';

type Labelled = Pick<Item, 'labels'>;

const needsLabel = 'needs:';

/** An item labelled `needs:gpu` goes to a node that has the label `gpu`; each node has its own name as one. */
export function neededLabels({ labels }: Labelled): readonly string[] {
	return labels.flatMap((label) => (label.startsWith(needsLabel) ? [label.slice(needsLabel.length)] : []));
}

/** Where an item that begins now will run, as far as that can be said before it does. */
export function startsOn(item: Labelled, nodes: readonly PlacementNode[], nameOf: (id: string) => string): string {
	const needed = neededLabels(item);
	const [only, ...others] = nodes.filter(
		({ qualified, draining, projects, labels }) =>
			qualified && !draining && projects.length > 0 && needed.every((label) => labels.includes(label)),
	);
	if (only === undefined) return someWorker;
	return others.length === 0 ? nameOf(only.id) : 'a machine that has room';
}
