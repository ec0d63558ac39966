/** The mesh as a picture: who is in the middle, who is reached, and a gap before those who are not. */
import type { MeshNodeView } from '../../../../shared/operations/index.ts';
import { meshPicture, type Placed } from '../../model/mesh-picture.ts';

export function MeshDrawing({ nodes }: { readonly nodes: readonly MeshNodeView[] }) {
	const { placed, links, gapX } = meshPicture(nodes);
	// No higher than what stands in it: a mesh of two is a line.
	const top = Math.min(...placed.map(({ y }) => y), gapX === null ? 100 : 20) - 12;
	const height = Math.max(...placed.map(({ y }) => y), gapX === null ? 0 : 80) + 18 - top;
	const away = placed.filter(({ node }) => !node.connected && !node.self).map(({ node }) => node.name);
	const words = `${nodes.length} nodes, ${links.length} links${away.length > 0 ? `; not reached: ${away.join(', ')}` : ''}`;
	return (
		<svg
			className="mesh"
			viewBox={`-4 ${top} 208 ${height}`}
			style={{ maxHeight: height * 3.4 }}
			role="img"
			aria-label={words}
		>
			{links.map(({ from, to, alive }) => (
				<line
					key={`${from.node.id} ${to.node.id}`}
					className="edge"
					data-dead={alive ? undefined : true}
					x1={from.x * 2}
					y1={from.y}
					x2={to.x * 2}
					y2={to.y}
				/>
			))}
			{gapX !== null && (
				<g>
					<line className="gap" x1={gapX * 2} y1={top + 3} x2={gapX * 2} y2={top + height - 3} />
					<text x={gapX * 2 + 3} y={top + 7} fontSize={4}>
						not reached from here
					</text>
				</g>
			)}
			{placed.map((one) => (
				<NodeMark key={one.node.id} placed={one} />
			))}
		</svg>
	);
}

function NodeMark({ placed: { node, x, y } }: { readonly placed: Placed }) {
	const state = node.self ? 'self' : node.connected ? 'here' : 'away';
	const used = node.slots.total === 0 ? node.duties.join(' ') : `${node.slots.used ?? '?'} / ${node.slots.total}`;
	return (
		<g>
			<circle className="node" data-state={state} cx={x * 2} cy={y} r={7} />
			<text
				x={x * 2}
				y={y + 1.6}
				textAnchor="middle"
				fontSize={node.slots.total === 0 ? 2.6 : 4}
				style={{ stroke: 'none' }}
			>
				{used}
			</text>
			<text x={x * 2} y={y + 12.5} textAnchor="middle" fontSize={4.4}>
				{node.name}
			</text>
		</g>
	);
}
