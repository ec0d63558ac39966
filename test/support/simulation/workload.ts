/**
 * What people do in a run, as a list that the seed draws before it begins: so that one action can be left out and the
 * others stay what they are. Items have a fate: how each attempt at them goes.
 */
import type { ItemDraft } from '../../../shared/operations/index.ts';
import type { Item } from '../../../shared/pipeline/index.ts';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';
import { drawDemotion } from './demotion.ts';
import { drawIntrusions } from './intrusions.ts';
import { drawMischief } from './mischief.ts';
import { drawPauses } from './owners.ts';
import { speak } from './people.ts';
import { push } from './pushes.ts';
import { type AgentBehaviour, wildBehaviours } from './types.ts';
import type { World } from './world.ts';

export interface Action {
	readonly atMs: number;
	readonly what: string;
	readonly run: (world: World) => void;
}

/** A label that some machines have and some items ask for. */
export const fastLabel = 'fast';

/** The time during which people and faults act. */
export const busyMs = 150_000;

const fates: readonly (readonly [weight: number, behaviour: AgentBehaviour])[] = [
	[22, 'finishes'],
	[2, 'meddles'],
	[47, 'conflicts'],
	[6, 'fails'],
	[4, 'lies'],
	[3, 'liesAboutCommit'],
	[2, 'hangs'],
	[4, 'dies'],
	[3, 'late'],
	[2, 'blocks'],
	[2, 'limited'],
	[3, 'stacks'],
];

/** The same of who judges: it passes the change, refuses it, or asks for a person. */
const verdicts: typeof fates = [
	[48, 'finishes'],
	[30, 'fails'],
	[6, 'blocks'],
	[4, 'hangs'],
	[5, 'dies'],
	[4, 'late'],
	[3, 'limited'],
];

/** How attempts go: by the item and by how many there were. */
export class Fates {
	readonly #random: SimRandom;
	readonly #counts = new Map<string, number>();
	readonly seen = new Set<AgentBehaviour>();

	readonly #isWild: boolean;

	constructor(random: SimRandom, isWild = false) {
		this.#random = random;
		this.#isWild = isWild;
	}

	next({ item, role }: Pick<Task, 'item' | 'role'>): AgentBehaviour {
		const name = role === 'qa' ? `${item.key} qa` : item.key;
		const nth = (this.#counts.get(name) ?? 0) + 1;
		this.#counts.set(name, nth);
		const isDrawn = role !== 'mergemaster' && nth <= 2;
		const wild = this.#isWild && isDrawn && role !== 'qa' ? this.#wild(`${name} ${nth}`) : null;
		const behaviour =
			wild ??
			(role === 'qa' ? null : this.#hopeless(item.key)) ??
			(isDrawn ? this.#draw(`${name} ${nth}`, role === 'qa' ? verdicts : fates) : 'finishes');
		this.seen.add(behaviour);
		return behaviour;
	}

	/** Drawn apart, so that what else a seed draws stays the same. */
	#wild(name: string): AgentBehaviour | null {
		const random = this.#random.fork(`wild ${name}`);
		return random.below(3) === 0 ? random.pick(wildBehaviours) : null;
	}

	/** Some items nobody can do: that must end too. */
	#hopeless(key: string): AgentBehaviour | null {
		const random = this.#random.fork(`hopeless ${key}`);
		return random.below(16) === 0 ? random.pick(['fails', 'lies'] as const) : null;
	}

	#draw(name: string, among: typeof fates): AgentBehaviour {
		let at = this.#random.fork(name).below(100);
		for (const [weight, behaviour] of among) {
			at -= weight;
			if (at < 0) return behaviour;
		}
		return 'finishes';
	}
}

export const itemKey = (project: number, n: number): string => `01K0TASK${project}${String(n).padStart(17, '0')}`;

interface Drawing {
	readonly random: SimRandom;
	readonly project: { readonly id: string; readonly at: number };
	readonly speakers: readonly string[];
	readonly items: number;
}

/** All that people will do, in order of time. */
export function drawActions(random: SimRandom, projects: readonly string[], speakers: readonly string[]): Action[] {
	const actions: Action[] = [];
	const itemsMin = projects.length === 1 ? 14 : 8;
	for (const [at, id] of projects.entries()) {
		const drawing = { random: random.fork(id), project: { id, at }, speakers, items: itemsMin + random.below(4) };
		actions.push(...adds(drawing), ...changes(drawing), ...pushes(drawing));
		const keys = Array.from({ length: drawing.items }, (_, n) => itemKey(at, n));
		const mischief = { random: random.fork(`mischief ${id}`), project: id, speakers, busyMs, keys };
		actions.push(...drawMischief({ ...mischief, keyOf: (n) => itemKey(at, 900 + n) }));
		actions.push(...drawIntrusions({ ...mischief, random: random.fork(`intrusions ${id}`) }));
		actions.push(...drawPauses({ random: random.fork(`pauses ${id}`), project: id, busyMs }));
	}
	const person = speakers.at(-1) ?? '';
	actions.push(...drawDemotion({ random: random.fork('demotion'), person, projects, busyMs }));
	return actions.sort((a, b) => a.atMs - b.atMs || (a.what < b.what ? -1 : 1));
}

function adds({ random, project, speakers, items }: Drawing): Action[] {
	return Array.from({ length: items }, (_, n) => {
		const key = itemKey(project.at, n);
		const who = random.pick(speakers);
		// Half of them come at once, so that they begin on one main.
		const atMs = n < items / 2 ? 500 + random.below(2_500) : random.below(busyMs * 0.7);
		const dependsOn = n > 2 && random.below(5) === 0 ? [itemKey(project.at, random.below(n))] : [];
		const labels = [
			...(random.below(3) === 0 ? ['impatient'] : []),
			...(random.below(8) === 0 ? [`needs:${fastLabel}`] : []),
		];
		const looksFirst = random.below(20);
		const review = looksFirst < 2 ? { review: 'human' } : looksFirst < 6 ? { review: 'agent' } : {};
		const args = { title: `Item ${n}`, type: 'story', description: `Do ${n}.`, dependsOn, labels, ...review };
		return {
			atMs,
			what: `add ${n}`,
			run: (world) => speak(world, { who, project: project.id, draft: draft(who, key, 'add', args) }),
		};
	});
}

const draft = (who: string, item: string, event: string, args: object): ItemDraft => ({
	...{ by: 'user', who, item, event, args: { ...args } },
});

function changes(drawing: Drawing): Action[] {
	const { random, project, speakers, items } = drawing;
	const count = 9 + random.below(8);
	return Array.from({ length: count }, (_, n): Action | Action[] => {
		const who = random.pick(speakers);
		const key = itemKey(project.at, random.below(items));
		const atMs = 3_000 + random.below(busyMs - 3_000);
		const choice = random.below(100);
		const say = (event: string, args: object = {}, afterMs = 0): Action => ({
			...{ atMs: Math.min(atMs + afterMs, busyMs - 1), what: `${event} ${key} ${n}` },
			run: (world: World) => speak(world, { who, project: project.id, draft: draft(who, key, event, args) }),
		});
		if (choice < 22) return say('edit', { title: `Item by ${who} ${n}` });
		if (choice < 38) return [say('freeze'), say('unfreeze', {}, 1_000 + random.below(30_000))];
		if (choice < 44) return say('unfreeze');
		if (choice < 49) return say('delete');
		if (choice < 55) return say('requestChanges', { words: `not like this ${n}` });
		if (choice < 61) return say('abandon', { reason: 'no' });
		if (choice < 66) return say('defer');
		if (choice < 72) return say('unblock', {});
		if (choice < 76) return say('add', { title: 'again', type: 'story', description: 'again' });
		if (choice < 82) return say('start', { force: true });
		// Often two write at once, each without the other's words.
		const writers = random.below(2) === 0 ? [who] : speakers;
		return writers.map((one) => ({
			...{ atMs, what: `text ${key} ${n} ${one}` },
			run: (world: World) => write(world, { who: one, project: project.id, key, n }),
		}));
	}).flat();
}

/** People's own commits on main, in the middle of everything. */
function pushes({ random, project }: Drawing): Action[] {
	return Array.from({ length: 1 + random.below(3) }, (_, n) => ({
		...{ atMs: 5_000 + random.below(busyMs - 5_000), what: `push ${n}` },
		run: (world: World) =>
			void push(world, project.id, { n, touchesShared: random.below(3) === 0, forges: random.below(3) === 0 }),
	}));
}

/** A person writes at an item where they sit. */
export function write(
	world: World,
	{
		who,
		project,
		key,
		n,
	}: { readonly who: string; readonly project: string; readonly key: string; readonly n: number },
): void {
	const seat = world
		.machine(who)
		.process?.seats()
		.find(({ replica }) => replica.id === project);
	if (!seat) return;
	void seat.replica.text(key).then(async (text) => text?.replace(`${text.text}\n${who} ${n}`));
}

/** What a person who looks at the item now would say of it; null where nothing is asked of them. */
export function answerFor({ key, stage, result }: Item, who: string, main: string): ItemDraft | null {
	if (stage.kind === 'reviewHold' && result) {
		return draft(who, key, 'approve', { branch: result.commit, main, mergeBase: result.base });
	}
	return null;
}
