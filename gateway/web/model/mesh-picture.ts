/**
 * Where the nodes of a mesh stand in its picture and which links are drawn. The one that was asked is in the middle and
 * those that it reaches stand around it; those that it does not reach stand apart, on the other side of a gap, because
 * that is what a partition is.
 */
import type { MeshNodeView } from '../../../shared/operations/index.ts';

export interface Placed {
	readonly node: MeshNodeView;
	readonly x: number;
	readonly y: number;
}

export interface Link {
	readonly from: Placed;
	readonly to: Placed;
	/** Both ends are reached from here: it is known to be up now. */
	readonly alive: boolean;
}

export interface MeshPicture {
	readonly placed: readonly Placed[];
	readonly links: readonly Link[];
	/** Where the gap is drawn; null where everyone is reached. */
	readonly gapX: number | null;
}

/** In units of a picture of 100 by 100. */
export function meshPicture(nodes: readonly MeshNodeView[]): MeshPicture {
	const here = nodes.filter(({ connected, self, status }) => (connected || self) && status !== 'revoked');
	const away = nodes.filter((node) => !here.includes(node));
	const gapX = away.length > 0 ? 72 : null;
	const width = gapX ?? 100;
	const centre = here.find(({ self }) => self) ?? here[0];
	const around = here.filter((node) => node !== centre);
	const placed: Placed[] = [
		...(centre ? [{ node: centre, x: around.length === 1 ? round(width * 0.3) : width / 2, y: 50 }] : []),
		// Two are a line; more stand around the one that was asked.
		...around.map((node, index) =>
			around.length === 1
				? { node, x: round(width * 0.7), y: 50 }
				: { node, ...onCircle(index, around.length, width / 2) },
		),
		...away.map((node, index) => ({ node, x: 87, y: (100 / (away.length + 1)) * (index + 1) })),
	];
	return { placed, links: linksOf(placed), gapX };
}

function onCircle(index: number, of: number, middle: number): { readonly x: number; readonly y: number } {
	// The first to the right: the picture is twice as wide as it is high.
	const angle = (2 * Math.PI * index) / of;
	return { x: round(middle + Math.cos(angle) * middle * 0.7), y: round(50 + Math.sin(angle) * 34) };
}

function linksOf(placed: readonly Placed[]): readonly Link[] {
	const drawn = new Map<string, Link>();
	for (const from of placed) {
		for (const name of from.node.links) {
			const to = placed.find(({ node }) => node.name === name || node.id === name);
			if (!to || to === from) continue;
			const id = [from.node.id, to.node.id].sort().join(' ');
			const alive = [from, to].every(({ node }) => node.connected || node.self);
			if (!drawn.get(id)?.alive) drawn.set(id, { from, to, alive });
		}
	}
	return [...drawn.values()];
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}
