/** The mesh as a picture: who is in the middle, who is reached and how far away, and a gap before those who are not. */
import { useLayoutEffect, useRef, useState } from 'react';
import type { MeshNodeView } from '../../../../shared/operations/index.ts';
import { type Link, meshPicture, nameLengthMax, nodeRadius, type Placed } from '../../model/mesh-picture.ts';
import { ago, count, milliseconds } from '../../model/words.ts';
import { useNow } from '../../ui/app.ts';

export function MeshDrawing({ nodes }: { readonly nodes: readonly MeshNodeView[] }) {
	const frame = useRef<HTMLDivElement>(null);
	const [width, setWidth] = useState(0);
	useLayoutEffect(() => {
		const element = frame.current;
		if (!element) return;
		setWidth(element.clientWidth);
		const watch = new ResizeObserver(() => setWidth(element.clientWidth));
		watch.observe(element);
		return () => watch.disconnect();
	}, []);
	return <div ref={frame}>{width > 0 && <Drawn nodes={nodes} width={width} />}</div>;
}

function Drawn({ nodes, width }: { readonly nodes: readonly MeshNodeView[]; readonly width: number }) {
	const { placed, links, undrawn, gapY, height } = meshPicture(nodes, width);
	const away = placed.filter(({ node }) => !node.connected && !node.self).map(({ node }) => node.name);
	const words = `${count(nodes.length, 'node')}, ${count(links.length + undrawn, 'link')}${away.length > 0 ? `; not reached: ${away.join(', ')}` : ''}`;
	return (
		<>
			<svg
				className="mesh"
				width={width}
				height={height}
				viewBox={`0 0 ${width} ${height}`}
				role="img"
				aria-label={words}
			>
				{links.map(({ from, to, alive, path }) => (
					<polyline
						key={`${from.node.id} ${to.node.id}`}
						className="edge"
						data-dead={alive ? undefined : true}
						points={path.map((point) => point.join()).join(' ')}
					/>
				))}
				{gapY !== null && (
					<g>
						<line className="gap" x1={0} y1={gapY} x2={width} y2={gapY} />
						<text className="soft" x={2} y={gapY + 17}>
							not reached from here
						</text>
					</g>
				)}
				{placed.map((one) => (
					<NodeMark key={one.node.id} placed={one} />
				))}
				{links.map((link) => (
					<RoundTrip key={`${link.from.node.id} ${link.to.node.id}`} link={link} />
				))}
			</svg>
			{undrawn > 0 && (
				<p className="soft small">{`${count(undrawn, 'link')} among the others ${undrawn === 1 ? 'is' : 'are'} not drawn.`}</p>
			)}
		</>
	);
}

function RoundTrip({ link: { roundTrip } }: { readonly link: Link }) {
	const now = useNow();
	if (roundTrip === null) return null;
	return (
		<text className="trip" x={roundTrip.x} y={roundTrip.y} textAnchor="middle">
			{milliseconds(roundTrip.ms)}
			<title>{`There and back, measured ${ago(roundTrip.at, now)}`}</title>
		</text>
	);
}

function NodeMark({ placed: { node, x, y } }: { readonly placed: Placed }) {
	const state = node.self ? 'self' : node.connected ? 'here' : 'away';
	const { name, slots } = node;
	return (
		<g>
			<circle className="node" data-state={state} cx={x} cy={y} r={nodeRadius} />
			<text className="in" x={x} y={y + 4} textAnchor="middle">
				{slots.total === 0 ? (node.duties[0] ?? '') : `${slots.used ?? '?'} / ${slots.total}`}
			</text>
			<text x={x} y={y + nodeRadius + 17} textAnchor="middle">
				{name.length > nameLengthMax ? `${name.slice(0, nameLengthMax - 1)}…` : name}
				<title>{name}</title>
			</text>
		</g>
	);
}
