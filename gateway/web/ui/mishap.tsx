/**
 * What is shown when a view cannot be drawn: mostly a page that was loaded before the gateway was updated and asks for
 * parts that are gone. React hears of such failures through a class alone.
 */
import { Component, type ReactNode } from 'react';

interface MishapProps {
	/** Another place is another try. */
	readonly place: string;
	readonly children: ReactNode;
}

interface MishapState {
	readonly failed: { readonly words: string; readonly place: string } | null;
}

export class Mishap extends Component<MishapProps, MishapState> {
	override state: MishapState = { failed: null };

	static getDerivedStateFromError(error: unknown): MishapState {
		return { failed: { words: error instanceof Error ? error.message : String(error), place: '' } };
	}

	static getDerivedStateFromProps(props: MishapProps, { failed }: MishapState): MishapState | null {
		if (failed === null) return null;
		if (failed.place === '') return { failed: { ...failed, place: props.place } };
		return failed.place === props.place ? null : { failed: null };
	}

	override render(): ReactNode {
		const { failed } = this.state;
		if (failed === null) return this.props.children;
		const isOld = /dynamically imported module|Importing a module script failed|preload/i.test(failed.words);
		return (
			<div className="empty" role="alert">
				<h1>{isOld ? 'The board has been updated' : 'This view failed'}</h1>
				<p>
					{isOld
						? 'This page was loaded before. Load it again; nothing is lost.'
						: `Load it again. If it stays so, please report it with what you did: ${failed.words}`}
				</p>
				<button type="button" className="button primary" onClick={() => window.location.reload()}>
					Load again
				</button>
			</div>
		);
	}
}
