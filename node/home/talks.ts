/**
 * What people and agents said to each other about an item: the question that an agent was parked with, what was decided
 * about such questions and by whom, and what people said to whoever works on it, heard or not. Local records of the home,
 * in the store before anybody acts on them, bounded per item; they travel to workers with each task, whose node knows
 * which of them a session that goes on was told already.
 */
import { z } from 'zod';
import type { JsonValue, Store } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import { type Answered, answeredSchema, type Task } from '../../shared/protocol/work.ts';
import { type Asks, asksSchema } from '../../shared/protocol/worker-state.ts';
import { Serial } from '../reconcile/serial.ts';

const answersMax = 50;
const notesMax = 20;

const talkSchema = z.object({
	parked: asksSchema.nullable(),
	answers: z.array(answeredSchema),
	notes: z.array(z.string()),
});
type Talk = Readonly<z.output<typeof talkSchema>>;
const silence: Talk = { parked: null, answers: [], notes: [] };

export class Talks {
	readonly #store: Store;
	readonly #prefix: string;
	readonly #talks = new Map<string, Talk>();
	/** Two people who speak at once are both kept: each change is of what is stored, not of what is being written. */
	readonly #serial = new Serial();

	private constructor(store: Store, project: string) {
		this.#store = store;
		this.#prefix = `talk/${project}/`;
	}

	static async open(store: Store, project: string): Promise<Talks> {
		const talks = new Talks(store, project);
		for (const { key, value } of await store.list(talks.#prefix)) {
			const talk = readAs(talkSchema, value);
			if (talk.success) talks.#talks.set(key.slice(talks.#prefix.length), talk.data);
		}
		return talks;
	}

	/** What the item's agent was parked with and nobody has answered; null where nothing. */
	parked(key: string): Asks | null {
		return this.#of(key).parked;
	}

	/** What a task brings to its worker, empty where nothing was said. */
	forTask(key: string): Pick<Task, 'answered' | 'notes'> {
		const { answers, notes } = this.#of(key);
		return {
			...(answers.length > 0 ? { answered: [...answers] } : {}),
			...(notes.length > 0 ? { notes: [...notes] } : {}),
		};
	}

	park(key: string, parked: Asks): Promise<void> {
		return this.#change(key, (talk) => ({ ...talk, parked }));
	}

	/** From now on the same question is answered so. */
	answer(key: string, answered: Answered): Promise<void> {
		return this.#change(key, (talk) => {
			const others = talk.answers.filter(({ question }) => question !== answered.question);
			return { ...talk, parked: null, answers: [...others, answered].slice(-answersMax) };
		});
	}

	/** Words of a person: every session that begins after them has them in its prompt. */
	note(key: string, words: string): Promise<void> {
		return this.#change(key, (talk) => ({ ...talk, notes: [...talk.notes, words].slice(-notesMax) }));
	}

	forget(key: string): Promise<void> {
		return this.#serial.run(async () => {
			this.#talks.delete(key);
			await this.#store.write([{ kind: 'delete', key: `${this.#prefix}${key}` }]);
		});
	}

	/** Forgets items that have left the project. */
	async keepOnly(isThere: (key: string) => boolean): Promise<void> {
		for (const key of [...this.#talks.keys()]) if (!isThere(key)) await this.forget(key);
	}

	#of(key: string): Talk {
		return this.#talks.get(key) ?? silence;
	}

	#change(key: string, change: (talk: Talk) => Talk): Promise<void> {
		return this.#serial.run(async () => {
			const [before, talk] = [this.#of(key), change(this.#of(key))];
			if (talk === before) return;
			const value: JsonValue = JSON.parse(JSON.stringify(talk));
			await this.#store.write([{ kind: 'put', key: `${this.#prefix}${key}`, value }]);
			this.#talks.set(key, talk);
		});
	}
}
