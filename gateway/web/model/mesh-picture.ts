/**
 * Where the nodes of a mesh stand in its picture, in pixels of the width there is, so that names stay legible on a phone
 * and never lie over each other. The one that was asked is in the middle of those that it reaches, or above them where
 * they are many; those that it does not reach stand below a gap, because that is what a partition is. Pure.
 */
import type { MeshNodeView } from '../../../shared/operations/index.ts';

export interface Placed {
	readonly node: MeshNodeView;
	readonly x: number;
	readonly y: number;
}

type Point = readonly [x: number, y: number];

export interface Link {
	readonly from: Placed;
	readonly to: Placed;
	/** The line that is drawn, from one corner to the next. */
	readonly path: readonly Point[];
	/** Both ends are reached from here: it is known to be up now. */
	readonly alive: boolean;
	/** How long an answer takes over it, where that is known, and where this is written. */
	readonly roundTrip: { readonly ms: number; readonly at: number; readonly x: number; readonly y: number } | null;
}

export interface MeshPicture {
	readonly placed: readonly Placed[];
	readonly links: readonly Link[];
	/** Links that are known and not drawn: among many nodes they would hide everything else. */
	readonly undrawn: number;
	/** Where the gap is drawn; null where everyone is reached. */
	readonly gapY: number | null;
	readonly height: number;
}

export const nodeRadius = 25;
/** Room for one node with its name below it, and as much of the name as fits in there. */
const [nameWidth, cell] = [114, { width: 124, height: 106 }];
export const nameLengthMax = 16;
const margin = { top: 38, bottom: 54, gap: 50 };
/** Of the line from which those of a row hang, above their middle; and of the one that joins such lines. */
const [busAbove, trunkX] = [50, 5];
const firstRowY = margin.top + cell.height + 20;
/** Around the one in the middle, where the width allows for it. */
const ringMax = 8;
const widthOfBigRing = 640;
const smallRingMax = 4;

/** `width`: of the picture, in pixels. */
export function meshPicture(nodes: readonly MeshNodeView[], width: number): MeshPicture {
	const here = nodes.filter(({ connected, self, status }) => (connected || self) && status !== 'revoked');
	const away = nodes.filter((node) => !here.includes(node));
	const centre = here.find(({ self }) => self) ?? here[0];
	const around = here.filter((node) => node !== centre);
	const isRing = around.length <= (width >= widthOfBigRing ? ringMax : smallRingMax);
	const reached = centre === undefined ? [] : isRing ? ring(centre, around, width) : tree(centre, around, width);
	const bottom = Math.max(0, ...reached.map(({ y }) => y + margin.bottom));
	const gapY = away.length > 0 ? bottom + 6 : null;
	const apart = gapY === null ? [] : rows(away, width, gapY + margin.gap);
	const placed = [...reached, ...apart];
	const known = linksOf(placed, isRing);
	const links = isRing ? known : known.filter(({ from, to }) => from.node === centre || to.node === centre);
	const height = Math.max(bottom, ...apart.map(({ y }) => y + margin.bottom));
	return { placed, links, undrawn: known.length - links.length, gapY, height };
}

function ring(centre: MeshNodeView, around: readonly MeshNodeView[], width: number): readonly Placed[] {
	const middle = width / 2;
	const reach = Math.min(middle - nameWidth / 2, 320);
	const [only] = around;
	if (around.length <= 1) {
		const half = only === undefined ? 0 : Math.min(reach, 170);
		const line = [centre, ...around];
		return line.map((node, index) => ({ node, x: round(middle + (index === 0 ? -half : half)), y: margin.top }));
	}
	const height = around.length === 2 ? 0 : around.length <= smallRingMax ? 112 : 150;
	const y = margin.top + height;
	return [
		{ node: centre, x: round(middle), y },
		...around.map((node, index) => {
			// The first to the right: the picture is wider than it is high.
			const angle = (2 * Math.PI * index) / around.length;
			return { node, x: round(middle + Math.cos(angle) * reach), y: round(y + Math.sin(angle) * height) };
		}),
	];
}

function tree(centre: MeshNodeView, around: readonly MeshNodeView[], width: number): readonly Placed[] {
	return [{ node: centre, x: round(width / 2), y: margin.top }, ...rows(around, width, firstRowY)];
}

/** Rows of equal length, as many as are needed, the last in the middle. */
function rows(nodes: readonly MeshNodeView[], width: number, top: number): readonly Placed[] {
	const fit = Math.max(1, Math.floor(width / cell.width));
	const length = Math.ceil(nodes.length / Math.ceil(nodes.length / fit));
	const step = Math.min(width / length, cell.width * 1.6);
	return nodes.map((node, index) => {
		const row = Math.floor(index / length);
		const inRow = Math.min(length, nodes.length - row * length);
		const x = width / 2 + ((index % length) - (inRow - 1) / 2) * step;
		return { node, x: round(x), y: top + row * cell.height };
	});
}

function linksOf(placed: readonly Placed[], isRing: boolean): readonly Link[] {
	const byName = new Map(placed.flatMap((one) => [one.node.name, one.node.id].map((name) => [name, one] as const)));
	const drawn = new Map<string, Link>();
	for (const from of placed) {
		for (const name of from.node.links) {
			const to = byName.get(name);
			if (!to || to === from) continue;
			const id = [from.node.id, to.node.id].sort().join(' ');
			const alive = [from, to].every(({ node }) => node.connected || node.self);
			if (!drawn.get(id)?.alive)
				drawn.set(id, { from, to, alive, path: pathOf(from, to, isRing), roundTrip: alive ? tripOf(from, to) : null });
		}
	}
	return [...drawn.values()];
}

/** Many hang from lines of their rows, so that no line runs through another node. */
function pathOf(from: Placed, to: Placed, isRing: boolean): readonly Point[] {
	if (isRing || from.y === to.y) return [from, to].map(({ x, y }): Point => [x, y]);
	const [upper, lower] = from.y < to.y ? [from, to] : [to, from];
	const first = firstRowY - busAbove;
	const bus = lower.y - busAbove;
	const corners: readonly Point[] = [
		[upper.x, upper.y],
		[upper.x, first],
		...(bus === first
			? []
			: ([
					[trunkX, first],
					[trunkX, bus],
				] as const)),
		[lower.x, bus],
		[lower.x, lower.y],
	];
	return corners;
}

/** Members measure their way to the gateway and no other. It stands on a level line, otherwise above the member. */
function tripOf(from: Placed, to: Placed): Link['roundTrip'] {
	const isGateway = ({ node }: Placed): boolean => node.duties.includes('gateway');
	const member = isGateway(from) ? to : isGateway(to) ? from : null;
	const trip = member?.node.roundTrip ?? null;
	if (member === null || trip === null) return null;
	if (from.y === to.y) return { ...trip, x: round((from.x + to.x) / 2), y: from.y - 7 };
	return { ...trip, x: member.x + 30, y: member.y - nodeRadius - 6 };
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}
