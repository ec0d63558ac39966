/**
 * What to tell people, from what needs them now and what they were told before. Pure: running it again after everything
 * was told says nothing more, and what no longer needs anybody is forgotten, so that it is told again when it comes back.
 */

import { createHash } from 'node:crypto';

/** Something that waits for a person. */
export interface Waiting {
	/** Names it for ever: project and item. */
	readonly key: string;
	readonly title: string;
	/** What a person has to do. */
	readonly words: string;
	/** Below the board's base path. */
	readonly path: string;
}

export interface Message {
	readonly title: string;
	readonly text: string;
	readonly path: string;
	/** What is told by it, as it will be remembered. */
	readonly tells: Readonly<Record<string, string>>;
}

export interface Plan {
	readonly messages: readonly Message[];
	/** Keys that need nobody any more. */
	readonly over: readonly string[];
}

/** More at once are one message: a phone that rings twenty times is switched off. */
const singlyMax = 3;
const listedMax = 8;

/** Longer words are remembered by their hash: all that was told is one record of the store, which is no file. */
const rememberedCharsMax = 64;

/** `told`: key → what is remembered of the words that were told of it. */
export function planMessages(waiting: readonly Waiting[], told: Readonly<Record<string, string>>): Plan {
	const now = new Set(waiting.map(({ key }) => key));
	const fresh = waiting.filter(({ key, words }) => told[key] !== remembered(words) && told[key] !== words);
	const over = Object.keys(told).filter((key) => !now.has(key));
	return { messages: fresh.length > singlyMax ? [together(fresh)] : fresh.map(single), over };
}

function single({ key, title, words, path }: Waiting): Message {
	return { title, text: words, path, tells: { [key]: remembered(words) } };
}

function together(fresh: readonly Waiting[]): Message {
	const more = fresh.length - listedMax;
	const lines = fresh.slice(0, listedMax).map(({ title, words }) => `${title}: ${words}`);
	return {
		title: `${fresh.length} things need you`,
		text: [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
		path: '',
		tells: Object.fromEntries(fresh.map(({ key, words }) => [key, remembered(words)])),
	};
}

function remembered(words: string): string {
	return words.length <= rememberedCharsMax
		? words
		: `#${createHash('sha256').update(words).digest('hex').slice(0, 32)}`;
}
