/** What the work cost so far, by project and by item, as far as the items on the board know it. */
import { linkTo } from '../browser/address.ts';
import { itemInAddress } from '../model/route.ts';
import { usd } from '../model/words.ts';
import { useBoards } from '../ui/app.ts';
import { Empty } from '../ui/pieces.tsx';

const itemsShown = 50;

export function CostView() {
	const boards = useBoards(null);
	const items = boards
		.flatMap((board) => [...board.items.values()].map((item) => ({ item, project: board.project.name })))
		.filter(({ item }) => item.costUsd > 0)
		.sort((a, b) => b.item.costUsd - a.item.costUsd);
	const total = boards.reduce((sum, { whole }) => sum + (whole?.costUsd ?? 0), 0);
	const most = items[0]?.item.costUsd ?? 1;
	return (
		<div className="view">
			<div className="view-head">
				<h1>Cost</h1>
			</div>
			<div className="view-body">
				{total === 0 ? (
					<Empty title="Nothing has cost anything yet">
						<p>
							Scripts are free. What an agent reports that it cost is summed up here, and each agent can have a cap in
							the project file.
						</p>
					</Empty>
				) : (
					<div className="stack narrow" style={{ gap: 18 }}>
						<p>
							<strong style={{ fontSize: 'var(--size-xl)' }}>{usd(total)}</strong>{' '}
							<span className="soft">in all projects so far</span>
						</p>
						<div className="scroll-x">
							<table>
								<thead>
									<tr>
										<th scope="col">Item</th>
										<th scope="col">Tries</th>
										<th scope="col">Cost</th>
									</tr>
								</thead>
								<tbody>
									{items.slice(0, itemsShown).map(({ item, project }) => (
										<tr key={item.key}>
											<td className="grow">
												<a href={linkTo({ view: 'item', project, item: itemInAddress(item.name), part: 'overview' })}>
													<span className="faint">
														{project} {item.name}
													</span>{' '}
													{item.title}
												</a>
												<div className="cost-bar" style={{ width: `${Math.max(1, (item.costUsd / most) * 100)}%` }} />
											</td>
											<td>{item.attempts}</td>
											<td>{usd(item.costUsd)}</td>
										</tr>
									))}
								</tbody>
							</table>
						</div>
					</div>
				)}
			</div>
		</div>
	);
}
