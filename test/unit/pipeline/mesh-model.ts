/**
 * A home and its authors with replicas of their own, as a model for the properties: authors write into their logs from
 * what they know, which may be old; the home takes what has arrived, in any order and more than once; facts arrive
 * late. Everything a run does follows from its steps, so that fast-check can shrink it.
 */
import {
	type By,
	emptyFacts,
	foldIntents,
	type HistoryEntry,
	type Intent,
	type Item,
	mayRun,
	type ProjectFacts,
	possibleEvents,
	projectRules,
	type Right,
} from '../../../shared/pipeline/index.ts';

export const authors = {
	ann: ['user'],
	bob: ['user'],
	home: ['landing', 'system', 'scheduler'],
	w1: ['agent', 'gates'],
	w2: ['agent', 'gates'],
	/** The home as it writes down what a worker on another machine has reported; that one, `far`, only holds. */
	desk: ['agent', 'gates', 'relay'],
	far: ['hold'],
} as const satisfies Readonly<Record<string, readonly Right[]>>;
export type AuthorName = keyof typeof authors;
export const authorNames = Object.keys(authors) as AuthorName[];
const keys = ['a', 'a', 'a', 'b', 'b', 'c', '__proto__', 'constructor'];

export const rules = projectRules({ diffIsAsShown: (item) => item.number % 3 !== 0 });

export type Step =
	/** Somebody writes what it may think is possible, or, `wild`, anything. */
	| {
			readonly kind: 'write';
			readonly item: number;
			readonly pick: number;
			readonly wild: boolean;
			/** Whether the author has just learnt what is so; otherwise it goes by what it last knew. */
			readonly fresh: boolean;
			readonly ms: number;
	  }
	/** An author learns the home's facts, and what others have written. */
	| { readonly kind: 'learn'; readonly author: AuthorName }
	/** The home folds what it has of some logs; `skip` leaves a hole, `order` mixes and repeats. */
	| { readonly kind: 'fold'; readonly from: readonly AuthorName[]; readonly skip: number; readonly order: number };

export interface Batch {
	readonly before: ProjectFacts;
	readonly intents: readonly Intent[];
	readonly after: ProjectFacts;
	readonly history: readonly HistoryEntry[];
}

export interface Run {
	readonly logs: Readonly<Record<AuthorName, readonly Intent[]>>;
	readonly batches: readonly Batch[];
	readonly facts: ProjectFacts;
	/** What each author knew in the end of its own: facts, perhaps old, and the intents it had seen. */
	readonly replicas: Readonly<Record<AuthorName, { facts: ProjectFacts; seen: Intent[] }>>;
}

/** Plays the steps, then lets everything arrive and be folded. */
export function play(steps: readonly Step[]): Run {
	let facts = emptyFacts(authors);
	const logs: Record<AuthorName, Intent[]> = { ann: [], bob: [], home: [], w1: [], w2: [], desk: [], far: [] };
	const replica = () => ({ facts, seen: [] as Intent[] });
	const replicas = {
		ann: replica(),
		bob: replica(),
		home: replica(),
		w1: replica(),
		w2: replica(),
		desk: replica(),
		far: replica(),
	};
	const batches: Batch[] = [];
	const fold = (intents: readonly Intent[]): void => {
		const { state, history } = foldIntents(facts, intents, rules);
		batches.push({ before: facts, intents, after: state, history });
		facts = state;
	};
	for (const step of steps) {
		switch (step.kind) {
			case 'write': {
				const known = (author: AuthorName): ProjectFacts => (step.fresh ? facts : replicas[author].facts);
				const intent = compose(step, known, logs);
				logs[intent.author].push(intent);
				replicas[intent.author].seen.push(intent);
				break;
			}
			case 'learn':
				replicas[step.author] = { facts, seen: Object.values(logs).flat() };
				break;
			case 'fold': {
				const arrived = step.from.flatMap((author) => logs[author].filter((_, at) => at !== step.skip - 1));
				fold(mixed(arrived, step.order));
				break;
			}
		}
	}
	fold(mixed(Object.values(logs).flat(), 7));
	return { logs, batches, facts, replicas };
}

/** Another order with repetitions, the same for the same seed. */
export function mixed<T>(list: readonly T[], seed: number): T[] {
	const keyed = [...list, ...list.filter((_, at) => (at + seed) % 4 === 0)].map((value, at) => {
		return [Math.imul(at + 1, 2_654_435_761 ^ (seed * 40_503)) >>> 0, value] as const;
	});
	return keyed.sort(([a], [b]) => a - b).map(([, value]) => value);
}

interface Written extends Intent {
	readonly author: AuthorName;
}

function compose(
	step: Extract<Step, { kind: 'write' }>,
	known: (author: AuthorName) => ProjectFacts,
	logs: Readonly<Record<AuthorName, readonly Intent[]>>,
): Written {
	const { pick } = step;
	const key = keys[step.item % keys.length] ?? 'a';
	const itemFor = (author: AuthorName): Item | undefined => {
		const { items } = known(author);
		return Object.hasOwn(items, key) ? items[key] : undefined;
	};
	const options = authorNames.flatMap((author) => {
		const own = step.wild ? wild(pick) : plausible(author, { item: itemFor(author), calm: pick % 4 !== 0 });
		return own.map(([by, event, args]) => ({ author, by, event, args }));
	});
	const chosen = options[pick % options.length] ?? { author: 'ann', by: 'user', event: 'void', args: {} };
	const { author, by, event, args } = chosen;
	const last = logs[author].at(-1)?.at[0] ?? 1000;
	const token = step.wild && pick % 5 === 0 ? ([1, pick % 40] as const) : itemFor(author)?.token;
	return {
		author,
		n: logs[author].length + 1,
		at: [last + step.ms, pick % 3],
		by,
		item: key,
		event,
		args: typeof args === 'function' ? args(pick) : args,
		...(token && { token }),
		...relayed(author, itemFor(author), pick),
	};
}

/** The desk speaks for who holds the item, and now and then for somebody else; others now and then as if they could. */
function relayed(author: AuthorName, item: Item | undefined, pick: number): Pick<Intent, 'onBehalfOf'> {
	if (author !== 'desk') return pick % 13 === 0 ? { onBehalfOf: 'w1' } : {};
	return { onBehalfOf: pick % 7 === 0 ? 'w2' : (item?.holder ?? 'far') };
}

type Args = Record<string, unknown> | ((pick: number) => Record<string, unknown>);
type Option = readonly [by: By, event: string, args: Args];

/** `calm`: without what ends or interrupts an item, or no run would get anywhere. */
function plausible(
	author: AuthorName,
	{ item, calm }: { readonly item: Item | undefined; readonly calm: boolean },
): readonly Option[] {
	if (!item) return actsOf(author).flatMap((by): Option[] => (by === 'landing' ? [] : [[by, 'add', addition]]));
	const speaksFor = author === 'desk' ? 'far' : author;
	return actsOf(author).flatMap((by): Option[] => {
		const works = by === 'agent' || by === 'gates';
		if (works && item.holder !== speaksFor) return by === 'gates' ? [[by, 'submit', commits]] : [];
		const events = possibleEvents(item, by).filter((event) => !calm || !interruptions.has(event));
		return [...events.flatMap((event) => weighed(by, event)), ...recordOptions(by, item)];
	});
}

function actsOf(author: AuthorName): readonly By[] {
	return (authors[author] as readonly Right[]).flatMap((right) =>
		right === 'hold' || right === 'relay' ? [] : [right],
	);
}

const interruptions: ReadonlySet<string> = new Set([
	'abandon',
	'supersede',
	'reject',
	'freeze',
	'block',
	'foundOnMain',
	'complete',
	'defer',
	'resultLost',
]);

function weighed(by: By, event: string): readonly Option[] {
	const option: Option = [by, event, (pick) => argumentsOf(event, pick)];
	return Array.from({ length: interruptions.has(event) || event === 'archive' ? 1 : 6 }, () => option);
}

function recordOptions(by: By, item: Item): readonly Option[] {
	const isOver = item.stage.kind === 'archived' || item.stage.kind === 'done';
	switch (by) {
		case 'user':
			return [[by, 'edit', edition], ...(item.number % 5 === 0 || isOver ? ([[by, 'delete', {}]] as const) : [])];
		case 'system': {
			const role = mayRun(item.stage);
			const grant: Option = [by, 'grant', (pick) => ({ holder: ['w1', 'w2', 'far', 'far'][pick % 4], role })];
			return role === null ? [] : [...Array.from({ length: 20 }, () => grant), [by, 'release', { reason: 'gone' }]];
		}
		case 'gates':
			return item.role === null
				? []
				: [
						[by, 'attemptFailed', failedAttempt],
						[by, 'result', commits],
					];
		default:
			return [];
	}
}

function wild(pick: number): readonly Option[] {
	const everyBy: readonly By[] = ['user', 'agent', 'gates', 'landing', 'scheduler', 'system'];
	const events = [
		'start',
		'submit',
		'approve',
		'landed',
		'grant',
		'release',
		'delete',
		'unblock',
		'reopen',
		'void',
		'constructor',
	];
	return everyBy.flatMap((by) => events.map((event): Option => [by, event, pick % 2 ? {} : commits]));
}

const commit = (pick: number): string => (pick % 10).toString().repeat(40);
const commits = (pick: number): Record<string, unknown> => ({ commit: commit(pick), base: commit(pick + 1) });
const edition = (pick: number): Record<string, unknown> => {
	return pick % 2 ? { title: `edited ${pick}` } : { dependsOn: pick % 3 ? [pick % 3 === 1 ? 'a' : 'b'] : [] };
};

function addition(pick: number): Record<string, unknown> {
	const type = pick % 7 === 0 ? 'epic' : pick % 5 === 0 ? 'spike' : 'story';
	return { title: `title ${pick}`, type, upcoming: pick % 4 === 0, dependsOn: pick % 11 === 0 ? ['a'] : [] };
}

function failedAttempt(pick: number): Record<string, unknown> {
	return { reason: 'red', gateKind: pick % 2 ? 'lint' : 'test', detail: 'x'.repeat(pick % 3000) };
}

function argumentsOf(event: string, pick: number): Record<string, unknown> {
	const shown = { branch: commit(pick), main: commit(pick + 1), mergeBase: commit(pick + 2) };
	const kind = ['conflict', 'conflict', 'gates', 'other'][pick % 4];
	const reason = `reason ${pick}`;
	const force = event === 'start' && pick % 3 === 0 ? { force: true } : {};
	return {
		...commits(pick),
		...shown,
		...force,
		kind,
		reason,
		detail: 'detail',
		words: 'words',
		by: pick % 2 ? 'a' : 'b',
	};
}
