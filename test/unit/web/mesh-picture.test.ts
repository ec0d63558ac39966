/** The picture of the mesh: nothing lies over anything else, whatever the width and however many stand in it. */
import { describe, expect, it } from 'vitest';
import { type MeshPicture, meshPicture } from '../../../gateway/web/model/mesh-picture.ts';
import type { MeshNodeView } from '../../../shared/operations/index.ts';
import { builder, laptop } from '../../support/tiny-mesh.ts';

const [phone, desktop] = [342, 1380];
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `builder-${index + 1}`);

/** A gateway that answers, members that it reaches and that reach each other, and some that it does not reach. */
function nodes(members: number, away = 0): readonly MeshNodeView[] {
	const gateway: MeshNodeView = { ...laptop, id: 'g', name: 'hub', duties: ['gateway'], links: names(members) };
	const others = names(members).map((name, index): MeshNodeView => {
		const links = ['hub', ...names(members).filter((other) => other !== name)];
		return { ...builder, id: name, name, connected: true, links, roundTrip: { ms: index + 0.25, at: 0 } };
	});
	const apart = Array.from({ length: away }, (_, n): MeshNodeView => ({ ...builder, id: `a${n}`, name: `away-${n}` }));
	return [gateway, ...others, ...apart];
}

/** Pairs of nodes whose circles or names would touch, and names that leave the picture. */
function overlaps({ placed, height }: MeshPicture, width: number): readonly string[] {
	const [wide, high] = [112, 78];
	const pairs = placed.flatMap((a, at) => placed.slice(at + 1).map((b) => [a, b] as const));
	const touching = pairs.filter(([a, b]) => Math.abs(a.x - b.x) < wide && Math.abs(a.y - b.y) < high);
	const outside = placed.filter(({ x, y }) => x < wide / 2 || x > width - wide / 2 || y < 20 || y > height - 40);
	return [...touching.map(([a, b]) => `${a.node.name} ${b.node.name}`), ...outside.map(({ node }) => node.name)];
}

describe('the picture of the mesh', () => {
	for (const width of [phone, 700, desktop]) {
		for (const members of [0, 1, 2, 3, 4, 5, 8, 12, 40]) {
			it(`has ${members + 3} nodes side by side, ${width} pixels wide`, () => {
				const picture = meshPicture(nodes(members, 2), width);
				expect(picture.placed).toHaveLength(members + 3);
				expect(overlaps(picture, width)).toEqual([]);
			});
		}
	}

	it('puts those that are not reached below a gap, and has none where everyone is reached', () => {
		const { placed, gapY, height } = meshPicture(nodes(3, 2), desktop);
		for (const { node, y } of placed) expect(y > Number(gapY)).toBe(node.name.startsWith('away'));
		expect(height).toBeGreaterThan(Number(gapY));
		expect(meshPicture(nodes(3), desktop).gapY).toBe(null);
	});

	it('draws all links of a few, of many those of the one in the middle, and counts the others', () => {
		expect(meshPicture(nodes(3), desktop)).toMatchObject({ undrawn: 0, links: { length: 6 } });
		expect(meshPicture(nodes(40), desktop)).toMatchObject({ undrawn: 780, links: { length: 40 } });
	});

	it('says how long an answer takes on links of the gateway alone, and nothing where it is not known', () => {
		const trips = (all: readonly MeshNodeView[]) =>
			meshPicture(all, desktop).links.flatMap(({ to, roundTrip }) => (roundTrip ? [[to.node.name, roundTrip.ms]] : []));
		expect(trips(nodes(2))).toEqual([
			['builder-1', 0.25],
			['builder-2', 1.25],
		]);
		expect(trips(nodes(2).map((node) => ({ ...node, roundTrip: null })))).toEqual([]);
		expect(trips(nodes(2).map((node) => ({ ...node, connected: node.self })))).toEqual([]);
	});
});
