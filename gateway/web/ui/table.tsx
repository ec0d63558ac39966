/** A table as every view has it: heads from a list, rows from the view, and sideways scrolling where it is too wide. */
import type { ReactNode } from 'react';

export interface TableProps {
	/** Empty over a column of buttons, which is named to who does not see that they are. */
	readonly heads: readonly string[];
	/** Any may scroll on a narrow page, and is reached by keyboard under this name. */
	readonly name: string;
	/** Rows. */
	readonly children: ReactNode;
}

export function Table({ heads, name, children }: TableProps) {
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<section className="scroll-x" tabIndex={0} aria-label={name}>
			<table>
				<thead>
					<tr>
						{heads.map((head) => (
							<th key={head} scope="col">
								{head === '' ? <span className="visually-hidden">What to do</span> : head}
							</th>
						))}
					</tr>
				</thead>
				<tbody>{children}</tbody>
			</table>
		</section>
	);
}
