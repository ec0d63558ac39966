/** Items that were found, a line each: by words or by leafing, open or long gone. */
import type { SearchHit } from '../../../../shared/operations/index.ts';
import { linkTo } from '../../browser/address.ts';
import { type DisplayState, displayOf } from '../../model/display-state.ts';
import { itemInAddress } from '../../model/route.ts';
import { StateChip, Time, TypeIcon } from '../../ui/pieces.tsx';
import { Table } from '../../ui/table.tsx';

export function HitTable({ hits }: { readonly hits: readonly SearchHit[] }) {
	return (
		<Table name="Items of the past" heads={['Item', 'State', 'When']}>
			{hits.map((hit) => (
				<tr key={hit.key}>
					<td className="grow">
						<span className="row">
							<TypeIcon type={hit.type} />
							<a
								href={linkTo({
									view: 'item',
									project: hit.project,
									item: itemInAddress(hit.name),
									part: 'overview',
								})}
							>
								<span className="faint">{hit.name}</span> {hit.title}
							</a>
						</span>
						{hit.snippet !== null && <span className="soft small">{hit.snippet}</span>}
					</td>
					<td>
						<StateChip state={stateOf(hit)} />
					</td>
					<td>
						<Time at={hit.changedAt} />
					</td>
				</tr>
			))}
		</Table>
	);
}

/** A hit says less of an item than the board does: nothing of who works on it. */
function stateOf({ stage, archived, type }: SearchHit): DisplayState {
	const shown = { stage: archived ? ('archived' as const) : stage, resumeTo: null, holder: null, waitsBecause: null };
	const nothing = { queuePosition: null, lastFailure: null, dependsOn: [], held: false, labels: [], asks: null };
	return displayOf({ ...shown, ...nothing, type });
}
