/** What agents have cost: by day and agent as a plot with its table, by item, and what is left of each budget. */
import { lazy, Suspense, useEffect, useState } from 'react';
import type { Result } from '../../../../shared/operations/index.ts';
import type { GanglineError } from '../../../../shared/ports/errors.ts';
import { linkTo } from '../../browser/address.ts';
import type { ProjectBoard } from '../../model/board-state.ts';
import { type CostDays, costDays } from '../../model/cost-days.ts';
import { itemInAddress } from '../../model/route.ts';
import { count, usd } from '../../model/words.ts';
import { asError, useApp, useBoardState, useBoards } from '../../ui/app.ts';
import { Empty, Failure, Loading } from '../../ui/pieces.tsx';
import { Table } from '../../ui/table.tsx';

const CostPlot = lazy(() => import('./cost-plot.tsx').then(({ CostPlot }) => ({ default: CostPlot })));

interface ProjectCost {
	readonly project: ProjectBoard['project'];
	readonly cost: Result<'project.cost'>;
}

interface Costs {
	readonly known: readonly ProjectCost[];
	/** Of projects whose home does not tell it now. */
	readonly missing: readonly { readonly name: string; readonly error: GanglineError }[];
}

const itemsShown = 50;

export function CostView() {
	const { boards: known } = useBoardState();
	const [costs, again] = useCosts();
	return (
		<div className="view">
			<div className="view-head">
				<h1>Cost</h1>
			</div>
			<div className="view-body">
				{known?.size === 0 ? (
					<Nothing />
				) : costs === null ? (
					<Loading what="what was spent" />
				) : (
					<div className="stack narrow" style={{ gap: 20 }}>
						{costs.missing.map(({ name, error }) => (
							<section key={name} aria-label={`Cost of ${name}`}>
								<p className="soft">{`${name} is not in it:`}</p>
								<Failure error={error} retry={again} />
							</section>
						))}
						<Spent costs={costs.known} />
					</div>
				)}
			</div>
		</div>
	);
}

function Nothing() {
	return (
		<Empty title="Nothing has cost anything yet">
			<p>
				Scripts are free. What an agent reports that it cost is summed up here, and each agent can have a cap in the
				project file.
			</p>
		</Empty>
	);
}

function Spent({ costs }: { readonly costs: readonly ProjectCost[] }) {
	const runs = costs.reduce((sum, { cost }) => sum + cost.total.runs, 0);
	if (runs === 0) return <Nothing />;
	const total = costs.reduce((sum, { cost }) => sum + cost.total.costUsd, 0);
	const days = costDays(costs.flatMap(({ cost }) => cost.agentDays));
	return (
		<>
			<p>
				<strong style={{ fontSize: 'var(--size-xl)' }}>{usd(total) || '$0'}</strong>{' '}
				<span className="soft">{`in ${count(runs, 'run')} so far`}</span>
			</p>
			<Budgets costs={costs} />
			<ByDay days={days} />
			<ByItem costs={costs} />
		</>
	);
}

function Budgets({ costs }: { readonly costs: readonly ProjectCost[] }) {
	const budgets = costs.flatMap(({ project, cost }) => cost.budgets.map((one) => ({ ...one, project: project.name })));
	if (budgets.length === 0) return null;
	return (
		<section className="stack" aria-label="Budgets">
			{budgets.map(({ project, budget, limitUsd, spentUsd, promisedUsd }) => (
				<p key={`${project} ${budget}`} className="row wrap">
					<strong>{budget === 'day_usd' ? `${project}, today` : `${project}, in all`}</strong>
					<span>{`${usd(spentUsd) || '$0'} of ${usd(limitUsd)}`}</span>
					{promisedUsd > 0 && <span className="soft">{`${usd(promisedUsd)} promised to what runs`}</span>}
				</p>
			))}
		</section>
	);
}

function ByDay({ days }: { readonly days: CostDays }) {
	const [open, setOpen] = useState(false);
	if (days.days.length === 0) return null;
	return (
		<section className="panel stack" aria-labelledby="by-day">
			<h2 id="by-day">By day and agent</h2>
			<Suspense fallback={<div className="plot" />}>
				<CostPlot cost={days} />
			</Suspense>
			<ul className="row wrap" aria-label="Agents">
				{days.agents.map(({ name, total }, index) => (
					<li key={name} className="row small">
						<span className="swatch" style={{ background: `var(--plot-${index + 1})` }} />
						{name} <span className="soft">{usd(total) || '$0'}</span>
					</li>
				))}
			</ul>
			<details open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
				<summary className="link">{open ? 'Without the table' : 'The same as a table'}</summary>
				<DayTable days={days} />
			</details>
		</section>
	);
}

function DayTable({ days: { days, agents } }: { readonly days: CostDays }) {
	return (
		<Table name="Cost by day and agent" heads={['Day (UTC)', ...agents.map(({ name }) => name)]}>
			{days.toReversed().map((day) => (
				<tr key={day}>
					<th scope="row">{day}</th>
					{agents.map(({ name, usd: sums }) => (
						<td key={name}>{usd(sums[days.indexOf(day)] ?? 0) || '–'}</td>
					))}
				</tr>
			))}
		</Table>
	);
}

function ByItem({ costs }: { readonly costs: readonly ProjectCost[] }) {
	const items = costs
		.flatMap(({ project, cost }) => cost.items.map((item) => ({ ...item, project: project.name })))
		.filter(({ costUsd }) => costUsd > 0)
		.sort((a, b) => b.costUsd - a.costUsd);
	const most = items[0]?.costUsd ?? 1;
	if (items.length === 0) return null;
	return (
		<section className="stack" aria-labelledby="by-item">
			<h2 id="by-item">{items.length > itemsShown ? `The dearest ${itemsShown} items` : 'By item'}</h2>
			<Table name="Cost by item" heads={['Item', 'Runs', 'Cost']}>
				{items.slice(0, itemsShown).map(({ key, name, title, project, costUsd, runs }) => (
					<tr key={`${project} ${key}`}>
						<td className="grow">
							<a href={linkTo({ view: 'item', project, item: itemInAddress(name), part: 'overview' })}>
								<span className="faint">
									{project} {name}
								</span>{' '}
								{title}
							</a>
							<div className="cost-bar" style={{ width: `${Math.max(1, (costUsd / most) * 100)}%` }} />
						</td>
						<td>{runs}</td>
						<td>{usd(costUsd)}</td>
					</tr>
				))}
			</Table>
		</section>
	);
}

/** Each home tells what its project cost; one that is away leaves the others alone. Null before the first answer. */
function useCosts(): readonly [Costs | null, () => void] {
	const { ask } = useApp();
	const boards = useBoards(null);
	const [costs, setCosts] = useState<Costs | null>(null);
	const [round, setRound] = useState(0);
	const projects = boards.map(({ project }) => project);
	const spent = boards.map(({ project, whole }) => `${project.id} ${whole?.costUsd ?? 0}`).join('\n');
	// biome-ignore lint/correctness/useExhaustiveDependencies: asked again when something more was spent, and by `round`
	useEffect(() => {
		if (projects.length === 0) return;
		const leaving = new AbortController();
		const one = async (project: ProjectBoard['project']): Promise<ProjectCost | Costs['missing'][number]> => {
			try {
				return { project, cost: await ask('project.cost', { project: project.id }, leaving.signal) };
			} catch (thrown) {
				return { name: project.name, error: asError(thrown) };
			}
		};
		void Promise.all(projects.map(one)).then((all) => {
			if (leaving.signal.aborted) return;
			setCosts({
				known: all.filter((part) => 'cost' in part),
				missing: all.filter((part) => 'error' in part),
			});
		});
		return () => leaving.abort();
	}, [ask, spent, round]);
	return [costs, () => setRound((n) => n + 1)];
}
