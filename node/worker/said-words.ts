/**
 * What people say while an attempt runs: kept in order, told once to the session that is there, and part of every prompt
 * that begins anew. Also the names by which a session's record remembers what it was told, so that going on with it
 * repeats nothing and leaves nothing out.
 */
import { createHash } from 'node:crypto';

/** Words that wait to be told; more at once is no conversation. */
const waitingMax = 20;
/** Of all that was said in one attempt, the newest. */
const keptMax = 20;
/** A session is told at most what its task brought and what was said meanwhile. */
const toldMax = 60;

export interface Said {
	readonly who: string;
	readonly words: string;
}

export class SaidWords {
	#all: Said[] = [];
	#waiting: Said[] = [];

	/** False where too many wait already. */
	add(said: Said): boolean {
		if (this.#waiting.length >= waitingMax) return false;
		this.#waiting.push(said);
		this.keep(said);
		return true;
	}

	/** Was told in another way, and is remembered for prompts that begin anew. */
	keep(said: Said): void {
		this.#all = [...this.#all, said].slice(-keptMax);
	}

	get isWaiting(): boolean {
		return this.#waiting.length > 0;
	}

	/** Those that nobody was told, oldest first; they wait no more. */
	take(): readonly Said[] {
		const waiting = this.#waiting;
		this.#waiting = [];
		return waiting;
	}

	/** They could not be told after all. */
	giveBack(said: readonly Said[]): void {
		this.#waiting = [...said, ...this.#waiting];
	}

	/** All, as the notes of a task say it. */
	get notes(): readonly string[] {
		return this.#all.map(noteOf);
	}
}

/** As the home keeps it with the item. */
export function noteOf({ who, words }: Said): string {
	return `${who}: ${words}`;
}

/** As an agent is told it while it works. */
export function toldAs({ who, words }: Said): string {
	return `${who} says: ${words}`;
}

/** What a session's record knows of notes that it was told. */
export function toldNames(before: readonly string[], notes: readonly string[]): string[] {
	return [...before, ...notes.map(nameOf)].slice(-toldMax);
}

/** Those of the notes that a session was not told. What was said twice and told once is told once more. */
export function untold(notes: readonly string[], told: readonly string[]): readonly string[] {
	const left = [...told];
	return notes.filter((note) => {
		const at = left.indexOf(nameOf(note));
		if (at >= 0) left.splice(at, 1);
		return at < 0;
	});
}

function nameOf(note: string): string {
	return createHash('sha256').update(note).digest('hex').slice(0, 16);
}
