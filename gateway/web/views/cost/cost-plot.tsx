/** Cost per day, the agents' bars on each other. A picture: the same numbers stand in a table below it. */
import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { type CostDays, stacked } from '../../model/cost-days.ts';
import { usd } from '../../model/words.ts';
import { useTheme } from '../../ui/theme.tsx';

/** Each is told from its neighbours by lightness too. */
export const colours = ['--plot-1', '--plot-2', '--plot-3', '--plot-4', '--plot-5', '--plot-6'] as const;
const height = 260;

export function CostPlot({ cost }: { readonly cost: CostDays }) {
	const place = useRef<HTMLDivElement>(null);
	const theme = useTheme();
	const data = useMemo(() => dataOf(cost), [cost]);
	// biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
	useEffect(() => {
		const element = place.current;
		if (!element) return;
		const plot = new uPlot(optionsFor(cost, element), data, element);
		const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
		watch.observe(element);
		return () => {
			watch.disconnect();
			plot.destroy();
		};
	}, [cost, data, theme]);
	return <div ref={place} className="plot" aria-hidden="true" />;
}

function dataOf(cost: CostDays): uPlot.AlignedData {
	return [cost.days.map((day) => Date.parse(day) / 1000), ...stacked(cost).map((one) => [...one])];
}

function optionsFor({ days, agents }: CostDays, element: HTMLElement): uPlot.Options {
	const colour = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim();
	const bars = uPlot.paths.bars?.({ size: [0.7, 48] });
	const axis = { stroke: colour('--text-soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
	const dayS = 86_400;
	const ends = [days[0], days.at(-1)].map((day) => Date.parse(day ?? '') / 1000);
	return {
		width: element.clientWidth,
		height,
		legend: { show: false },
		cursor: { show: false },
		tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
		scales: {
			x: { range: () => [(ends[0] ?? 0) - dayS * 0.7, (ends[1] ?? 0) + dayS * 0.7] },
			y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, 0.01)] },
		},
		axes: [
			{
				...axis,
				size: 30,
				grid: { show: false },
				incrs: [dayS, 7 * dayS, 14 * dayS, 28 * dayS],
				values: (_plot, at) => at.map(dayWords),
			},
			{ ...axis, size: 64, values: (_plot, at) => at.map((one) => (one === 0 ? '$0' : tickWords(one, at))) },
		],
		series: [
			{},
			...agents.map((_agent, index) => ({
				fill: colour(colours[index] ?? colours[0]),
				width: 0,
				points: { show: false },
				...(bars && { paths: bars }),
			})),
		],
	};
}

/** As many digits as tell one tick from the next. */
function tickWords(sum: number, ticks: readonly number[]): string {
	const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0));
	return step < 0.01 ? `$${sum.toFixed(3)}` : usd(sum);
}

function dayWords(seconds: number): string {
	const options = { month: 'short', day: 'numeric', timeZone: 'UTC' } as const;
	return new Intl.DateTimeFormat(undefined, options).format(seconds * 1000);
}
