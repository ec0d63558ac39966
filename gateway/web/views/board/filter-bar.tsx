/** Narrows the board. What is chosen stands in the address, so it survives a reload and can be sent on. */
import { useEffect, useMemo, useState } from 'react';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import { goTo } from '../../browser/address.ts';
import { type Filters, isFiltered, noFilters, writeFilters } from '../../model/filters.ts';
import { useRoute } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';
import { withKey } from '../../ui/keys.tsx';

export function FilterBar({ items, filters }: { readonly items: readonly ItemAnswer[]; readonly filters: Filters }) {
	const { place } = useRoute();
	const [words, setWords] = useState(filters.words);
	const [open, setOpen] = useState(false);
	useEffect(() => setWords(filters.words), [filters.words]);
	const set = (part: Partial<Filters>): void =>
		goTo(place, { query: writeFilters({ ...filters, words, ...part }), replace: true });
	const { types, labels, agents } = useMemo(() => choicesAmong(items), [items]);
	return (
		<search className="filters" data-open={open || undefined}>
			<div className="search">
				<Icon name="search" />
				<input
					type="search"
					className="input"
					placeholder={withKey('Search', '/')}
					aria-label="Search the board"
					value={words}
					onChange={(event) => {
						setWords(event.target.value);
						set({ words: event.target.value });
					}}
				/>
			</div>
			{types.length + labels.length + agents.length > 1 && (
				<button type="button" className="button filter-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
					Filter
				</button>
			)}
			<Choice label="Type" value={filters.type} among={types} onChoose={(type) => set({ type })} />
			<Choice label="Label" value={filters.label} among={labels} onChoose={(label) => set({ label })} />
			<Choice label="Agent" value={filters.agent} among={agents} onChoose={(agent) => set({ agent })} />
			{isFiltered(filters) && (
				<button
					type="button"
					className="button quiet"
					onClick={() => {
						setWords('');
						set(noFilters);
					}}
				>
					Clear
				</button>
			)}
		</search>
	);
}

function choicesAmong(items: readonly ItemAnswer[]) {
	return {
		types: [...new Set(items.map(({ type }) => type))].sort(),
		labels: [...new Set(items.flatMap((item) => item.labels))].sort(),
		agents: [...new Set(items.flatMap(({ holder, agent }) => holder?.agent ?? agent ?? []))].sort(),
	};
}

interface ChoiceProps {
	readonly label: string;
	readonly value: string | null;
	readonly among: readonly string[];
	readonly onChoose: (value: string | null) => void;
}

/** Not drawn where there is nothing to choose from. */
function Choice({ label, value, among, onChoose }: ChoiceProps) {
	if (among.length < 2 && value === null) return null;
	return (
		<select
			className="input"
			aria-label={label}
			value={value ?? ''}
			onChange={(event) => onChoose(event.target.value === '' ? null : event.target.value)}
		>
			<option value="">{label}</option>
			{among.map((one) => (
				<option key={one}>{one}</option>
			))}
		</select>
	);
}
