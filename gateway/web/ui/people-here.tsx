/** Who else looks at this now, and at which item; nobody is not drawn. */
import type { Board } from '../../../shared/operations/index.ts';
import { useBoardState } from './app.ts';
import { Icon } from './icon.tsx';

const shownMax = 4;

export function PeopleHere({ people }: { readonly people: Board['people'] }) {
	const { me } = useBoardState();
	const others = people.filter(({ person }) => person !== me?.person);
	if (others.length === 0) return null;
	return (
		<ul className="row" aria-label="Who else is here">
			{others.slice(0, shownMax).map(({ person, item }) => (
				<li key={`${person} ${item}`} className="chip">
					<Icon name="person" />
					{item === null ? person : `${person} at ${item}`}
				</li>
			))}
			{others.length > shownMax && <li className="faint small">{`and ${others.length - shownMax} more`}</li>}
		</ul>
	);
}
