/** What every view stands on, handed down once: the store, the API, the clock, what is said in passing. */
import { createContext, use, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { type Access, mayAsk } from '../../../shared/operations/define.ts';
import type { CallName, Input, ItemAnswer, Result } from '../../../shared/operations/index.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { GanglineError, ganglineError } from '../../../shared/ports/errors.ts';
import { currentRoute, onAddress } from '../browser/address.ts';
import { draftOf, keepDraft } from '../browser/storage.ts';
import type { ProjectBoard } from '../model/board-state.ts';
import type { Route } from '../model/route.ts';
import { plainWords } from '../model/words.ts';
import type { BoardState, BoardStore } from '../store/board-store.ts';
import type { Ask } from '../store/line.ts';
import type { Notices } from '../store/notices.ts';

export interface App {
	readonly store: BoardStore;
	readonly notices: Notices;
	readonly ask: Ask;
	readonly clock: Clock;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
	const app = use(AppContext);
	if (app === null) throw new Error('a view was drawn outside of the app');
	return app;
}

export function useBoardState(): BoardState {
	const { store } = useApp();
	return useSyncExternalStore(store.subscribe, store.snapshot);
}

/** Of one project or of all, by id or name; empty before the first answer. */
export function useBoards(project: string | null): readonly ProjectBoard[] {
	const { boards } = useBoardState();
	return useMemo(() => {
		const all = [...(boards?.values() ?? [])];
		return project === null ? all : all.filter((board) => isCalled(board, project));
	}, [boards, project]);
}

export function isCalled({ project }: ProjectBoard, name: string): boolean {
	return project.name === name || project.id === name.toUpperCase();
}

let seen = { key: '', route: currentRoute() };

function routeNow(): Route {
	const key = window.location.href;
	if (seen.key !== key) seen = { key, route: currentRoute() };
	return seen.route;
}

export function useRoute(): Route {
	return useSyncExternalStore(onAddress, routeNow);
}

/** The time, to the step: what shows it is drawn anew that often and no more. */
export function useNow(stepMs = 15_000): number {
	const { clock } = useApp();
	const [now, setNow] = useState(() => clock.now());
	useEffect(() => {
		let cancel = (): void => {};
		const tick = (): void => {
			setNow(clock.now());
			cancel = clock.after(stepMs, tick);
		};
		cancel = clock.after(stepMs, tick);
		return () => cancel();
	}, [clock, stepMs]);
	return now;
}

export function useMay(access: Access): boolean {
	const { me } = useBoardState();
	return me !== null && mayAsk(me.access, access);
}

export function asError(thrown: unknown): GanglineError {
	if (thrown instanceof GanglineError) return thrown;
	return ganglineError('INTERNAL', `this page failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
		hint: 'Load it again. If it stays so, please report it with what you did.',
		cause: thrown,
	});
}

export type Changing = Extract<
	CallName,
	| 'item.add'
	| 'item.edit'
	| 'item.move'
	| 'item.approve'
	| 'item.reject'
	| 'item.say'
	| 'item.answer'
	| 'item.take'
	| 'item.give'
>;

/** Does something to an item, shows it at once, says what came of it. Undefined where it was refused, which was said. */
export function useChange(): <Name extends Changing>(
	name: Name,
	args: Input<Name>,
	undo?: { readonly label: string; readonly run: () => void } | null,
) => Promise<Result<Name> | undefined> {
	const { ask, store, notices } = useApp();
	return async (name, args, undo = null) => {
		try {
			const result = await ask(name, args);
			const {
				item,
				answer,
				hint = null,
			}: Pick<Result<Changing>, 'item' | 'answer'> & { hint?: string | null } = result;
			store.learn(item);
			notices.tell(plainWords(answer), undo, hint);
			return result;
		} catch (thrown) {
			notices.fail(asError(thrown));
			return undefined;
		}
	};
}

/** Words for somebody about an item, kept in this tab until they were sent: a refusal or a new login loses none. */
export function useDraft(kind: string, { key }: Pick<ItemAnswer, 'key'>): readonly [string, (words: string) => void] {
	const name = `draft.${kind}.${key}`;
	const [words, setWords] = useState(() => draftOf(name));
	const write = (next: string): void => {
		setWords(next);
		keepDraft(name, next);
	};
	return [words, write];
}

export type Asked<T> =
	| { readonly kind: 'asking'; readonly before: T | null }
	| { readonly kind: 'answered'; readonly value: T }
	| { readonly kind: 'failed'; readonly error: GanglineError; readonly before: T | null };

/** Asks when it is drawn and whenever `again` changes; keeps showing the last answer meanwhile. Null asks nothing. */
export function useAnswer<Name extends CallName>(
	name: Name,
	args: Input<Name> | null,
	again: unknown = null,
): readonly [Asked<Result<Name>>, () => void] {
	const { ask } = useApp();
	const [asked, setAsked] = useState<Asked<Result<Name>>>({ kind: 'asking', before: null });
	const [round, setRound] = useState(0);
	const text = args === null ? null : JSON.stringify(args);
	// biome-ignore lint/correctness/useExhaustiveDependencies: `again` and `round` ask again
	useEffect(() => {
		if (text === null) return;
		const leaving = new AbortController();
		setAsked((last) => (last.kind === 'answered' ? last : { kind: 'asking', before: last.before }));
		ask(name, JSON.parse(text), leaving.signal)
			.then((value) => setAsked({ kind: 'answered', value }))
			.catch((thrown: unknown) => {
				if (leaving.signal.aborted) return;
				setAsked((last) => ({ kind: 'failed', error: asError(thrown), before: knownOf(last) }));
			});
		return () => leaving.abort();
	}, [ask, name, text, again, round]);
	return [asked, () => setRound((n) => n + 1)];
}

export function knownOf<T>(asked: Asked<T>): T | null {
	return asked.kind === 'answered' ? asked.value : asked.before;
}
