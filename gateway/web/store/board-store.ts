/**
 * Everything that the page knows, in one place: who is here, the projects' boards, how fresh they are. It opens the
 * stream of changes before it reads the boards, so that nothing falls between; what is shown is always one of its
 * states, and each change makes a new one.
 */
import type { Board, ChangeEvent, ItemAnswer, Result } from '../../../shared/operations/index.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { GanglineError } from '../../../shared/ports/errors.ts';
import { boardOf, type ProjectBoard, withAnswer, withEvent, withItem } from '../model/board-state.ts';
import { type Freshness, freshnessAfter, notYet, waitMsAfter } from '../model/freshness.ts';
import type { Ask, OpenFeed } from './line.ts';

export type Me = Result<'session.self'>;

export interface BoardState {
	readonly me: Me | null;
	/** By id, in the order of their names. Null before the first answer. */
	readonly boards: ReadonlyMap<string, ProjectBoard> | null;
	readonly freshness: Freshness;
	/** Why the last whole reading failed; null while it did not. */
	readonly trouble: GanglineError | null;
}

export interface BoardStoreOptions {
	readonly ask: Ask;
	readonly askBoard: (project: string) => Promise<Board>;
	readonly openFeed: OpenFeed;
	readonly clock: Clock;
	readonly asError: (thrown: unknown) => GanglineError;
}

/** A whole board that is being read. */
interface Reading {
	readonly project: string;
	readonly number: number;
	/** Changes that came meanwhile; laid over it afterwards. */
	readonly later: ChangeEvent[];
}

/** Changes come in bursts: what the home alone knows of items (costs, queue, agents) is asked for after them. */
const askAgainMs = 1_500;
/** Reading whole boards may take no more than about a tenth of the time. */
const costFactor = 10;
/** What an agent costs is told by no event: a board on which somebody works, or that could not be read, is read again this often. */
const lookMs = 10_000;

export class BoardStore {
	readonly #options: BoardStoreOptions;
	readonly #listeners = new Set<() => void>();
	#state: BoardState = { me: null, boards: null, freshness: notYet, trouble: null };
	#closeFeed = (): void => {};
	#cancelRetry = (): void => {};
	readonly #waiting = new Map<string, () => void>();
	readonly #looking = new Map<string, () => void>();
	readonly #readings = new Set<Reading>();
	/** Counts readings of boards and of the list in the order in which they began. */
	#begun = 0;
	/** The newest list that was answered, and of each project the newest reading that ended: an older one says nothing any more. */
	#listed = 0;
	readonly #ended = new Map<string, number>();
	/** Projects whose newest reading failed, with why. Each is read again by itself. */
	readonly #failed = new Map<string, GanglineError>();
	#lastReadMs = 0;
	/** Rises when a stream is opened, ends or is given up: what an earlier one began to read says nothing of the page then. */
	#streams = 0;

	constructor(options: BoardStoreOptions) {
		this.#options = options;
	}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	readonly snapshot = (): BoardState => this.#state;

	/** Connects, or tries again at once. */
	readonly connect = (): void => {
		this.#cancelRetry();
		this.#closeFeed();
		this.#streams += 1;
		const { openFeed } = this.#options;
		this.#closeFeed = openFeed({
			onEvent: (event) => this.#take(event),
			onEnd: (wholeUntil) => this.#lost(wholeUntil),
		});
	};

	/** Reads nothing while nobody looks, and everything anew afterwards. */
	readonly rest = (): void => {
		this.#cancelRetry();
		this.#closeFeed();
		this.#streams += 1;
		this.#set({ freshness: freshnessAfter(this.#state.freshness, { kind: 'rested', at: this.#options.clock.now() }) });
	};

	readonly wake = (): void => {
		if (this.#state.freshness.kind !== 'resting') return;
		this.#set({ freshness: freshnessAfter(this.#state.freshness, { kind: 'woke' }) });
		this.connect();
	};

	/** An item as an answer to a command has it: what one did oneself is seen at once. */
	readonly learn = (item: ItemAnswer): void => this.#change(item.project, (board) => withItem(board, item));

	readonly forget = (project: string, key: string): void =>
		this.#change(project, (board) => withEvent(board, { kind: 'itemGone', at: 0, project, key, name: '' }));

	/** Reads one board whole, now. */
	readonly readAgain = (project: string): Promise<void> => this.#readBoard(project);

	#take(event: ChangeEvent): void {
		switch (event.kind) {
			case 'hello':
			case 'dropped':
				void this.#begin();
				return;
			case 'project':
				if (!this.#state.boards?.has(event.project.id)) void this.#begin();
				else this.#lay(event.project.id, event);
				// It is also told when its home comes or goes, which the whole answer alone says.
				this.#askLater(event.project.id);
				return;
			case 'item':
			case 'itemGone':
				this.#lay(event.project, event);
				this.#askLater(event.project);
				return;
			default:
				return;
		}
	}

	async #begin(): Promise<void> {
		const { ask, clock } = this.#options;
		const stream = this.#streams;
		try {
			if (this.#state.me === null) this.#set({ me: await ask('session.self', {}) });
			await this.#readAll();
			if (stream !== this.#streams) return;
			this.#set({ freshness: freshnessAfter(this.#state.freshness, { kind: 'opened', at: clock.now() }) });
		} catch (thrown) {
			this.#set({ trouble: this.#options.asError(thrown) });
			if (stream !== this.#streams) return;
			this.#closeFeed();
			this.#lost(clock.now());
		}
	}

	#lost(wholeUntil: number): void {
		const { clock } = this.#options;
		this.#streams += 1;
		void this.#askWhoIAm();
		const freshness = freshnessAfter(this.#state.freshness, { kind: 'failed', at: wholeUntil });
		this.#set({ freshness });
		const failures = 'failures' in freshness ? freshness.failures : 1;
		this.#cancelRetry();
		this.#cancelRetry = clock.after(waitMsAfter(failures), this.connect);
	}

	/** A stream that is refused does not say why: whoever is not logged in (any more) is sent to the login by this answer. */
	async #askWhoIAm(): Promise<void> {
		try {
			this.#set({ me: await this.#options.ask('session.self', {}) });
		} catch {
			// Nobody answers: that is what the next try of the stream finds out, and says.
		}
	}

	async #readAll(): Promise<void> {
		await this.#readList();
		await Promise.all([...(this.#state.boards?.keys() ?? [])].map((id) => this.#readBoard(id)));
	}

	/** Which projects there are; those that are gone leave with all that was kept for them. */
	async #readList(): Promise<void> {
		this.#begun += 1;
		const number = this.#begun;
		const { projects } = await this.#options.ask('project.list', {});
		if (number < this.#listed) return;
		this.#listed = number;
		const sorted = projects.toSorted((a, b) => (a.name < b.name ? -1 : 1));
		const known = this.#state.boards;
		const boards = new Map(
			sorted.map((project) => {
				const board = known?.get(project.id);
				return [project.id, board ? { ...board, project } : boardOf(project)];
			}),
		);
		for (const id of known?.keys() ?? []) if (!boards.has(id)) this.#leave(id);
		this.#set({ boards, trouble: this.#trouble() });
	}

	#leave(project: string): void {
		for (const timers of [this.#waiting, this.#looking]) {
			timers.get(project)?.();
			timers.delete(project);
		}
		this.#ended.delete(project);
		this.#failed.delete(project);
	}

	async #readBoard(project: string): Promise<void> {
		const { askBoard, clock, asError } = this.#options;
		const began = clock.monotonic();
		this.#begun += 1;
		const reading: Reading = { project, number: this.#begun, later: [] };
		this.#readings.add(reading);
		try {
			const answer = await askBoard(project);
			if (!this.#isNewest(reading)) return;
			this.#failed.delete(project);
			this.#change(project, (board) => reading.later.reduce(withEvent, withAnswer(board, answer)));
		} catch (thrown) {
			const error = asError(thrown);
			// It was taken out of the mesh, which no event says: the list does.
			if (error.code === 'UNKNOWN_PROJECT') await this.#readList().catch(() => undefined);
			if (this.#isNewest(reading)) this.#failed.set(project, error);
		} finally {
			this.#readings.delete(reading);
			this.#lastReadMs = clock.monotonic() - began;
			this.#set({ trouble: this.#trouble() });
			this.#lookLater(project);
		}
	}

	/** Notes that it has ended; false where one that began later has ended before it, or the project is gone. */
	#isNewest({ project, number }: Reading): boolean {
		if (!this.#state.boards?.has(project) || number < (this.#ended.get(project) ?? 0)) return false;
		this.#ended.set(project, number);
		return true;
	}

	#trouble(): GanglineError | null {
		return this.#failed.values().next().value ?? null;
	}

	#lookLater(project: string): void {
		this.#looking.get(project)?.();
		this.#looking.delete(project);
		const items = [...(this.#state.boards?.get(project)?.items.values() ?? [])];
		if (!this.#failed.has(project) && !items.some(({ holder, asks }) => holder !== null || asks !== null)) return;
		const cancel = this.#options.clock.after(Math.max(lookMs, this.#lastReadMs * costFactor), () => {
			this.#looking.delete(project);
			if (this.#state.freshness.kind === 'live') void this.#readBoard(project);
		});
		this.#looking.set(project, cancel);
	}

	#lay(project: string, event: ChangeEvent): void {
		for (const reading of this.#readings) if (reading.project === project) reading.later.push(event);
		this.#change(project, (board) => withEvent(board, event));
	}

	#askLater(project: string): void {
		if (this.#waiting.has(project)) return;
		const ms = Math.max(askAgainMs, this.#lastReadMs * costFactor);
		const cancel = this.#options.clock.after(ms, () => {
			this.#waiting.delete(project);
			if (this.#state.freshness.kind === 'live') void this.#readBoard(project);
		});
		this.#waiting.set(project, cancel);
	}

	#change(project: string, change: (board: ProjectBoard) => ProjectBoard): void {
		const { boards } = this.#state;
		const board = boards?.get(project);
		if (!boards || !board) return;
		const next = change(board);
		if (next !== board) this.#set({ boards: new Map(boards).set(project, next) });
	}

	#set(part: Partial<BoardState>): void {
		this.#state = { ...this.#state, ...part };
		for (const listener of [...this.#listeners]) listener();
	}
}
