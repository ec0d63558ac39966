/** A description as the page writes it, over a real socket: what it keeps in the browser until the gateway has it. */
import { afterEach, expect, it } from 'vitest';
import { serveDocuments } from '../../gateway/edge/index.ts';
import { openSharedText, type SharedText } from '../../gateway/web/browser/shared-text.ts';
import { ItemText } from '../../shared/documents/index.ts';
import { openSimStore, SimLog, SimRandom } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { listenForDocuments } from '../support/documents-address.ts';

const stored = new Map<string, string>();
const closers: (() => Promise<void> | void)[] = [];
const keptName = 'text.p/text/i';

let isFull = false;
/** Where the gateway of the test is; nobody is at the first. */
const nowhere = 'ws://127.0.0.1:9/sync';
let address = nowhere;

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
	stored.clear();
	isFull = false;
	address = nowhere;
});

/** A gateway with one text. `keeps` false: what is written there is lost on the way. */
async function gateway({ mayWrite = true, keeps = true } = {}) {
	const text = await ItemText.open({
		...{ store: await openSimStore(), project: 'p', item: 'i', random: new SimRandom(1), first: 'here ' },
	});
	const asked = Promise.withResolvers<void>();
	const server = serveDocuments({
		wrongOrigin: () => null,
		callerOf: async () => ({ person: 'ada', access: 'owner' }),
		open: async () => ({
			kind: 'document',
			mayWrite,
			document: {
				name: text.name,
				get stateVector() {
					return text.stateVector;
				},
				difference: (vector) => {
					if (vector === undefined) asked.resolve();
					return text.difference(vector);
				},
				subscribe: (listener) => text.subscribe(({ update }) => listener(update)),
				apply: async (update, from) => (keeps ? text.apply(update, from) : 'known'),
			},
			onClosed: () => () => undefined,
		}),
		clock: new SystemClock(),
		log: new SimLog(),
	});
	const { url, close } = await listenForDocuments(server);
	closers.push(close);
	address = url;
	return { text, wholeAsked: asked.promise };
}

/** As a page of that browser opens it. */
function page(at = address): SharedText {
	const opened = openSharedText({
		...{ project: 'p', key: 'i', address: at },
		kept: (name) => stored.get(name) ?? null,
		keep: (name, value) => {
			if (isFull) return false;
			if (value === null) stored.delete(name);
			else stored.set(name, value);
			return true;
		},
	});
	closers.push(() => opened.close());
	return opened;
}

const until = (text: SharedText, is: (now: ReturnType<SharedText['snapshot']>) => boolean): Promise<void> =>
	new Promise((resolve) => {
		const look = (): void => {
			if (!is(text.snapshot())) return;
			stop();
			resolve();
		};
		const stop = text.subscribe(look);
		look();
	});
const type = (text: SharedText, words: string): void => text.write({ at: 0, removed: 0, inserted: words });

it('forgets what it kept when the gateway has it, and not before', async () => {
	const { text } = await gateway();
	const ada = page();
	await until(ada, ({ connected, loaded }) => connected && loaded);
	type(ada, 'now ');
	expect(stored.has(keptName)).toBe(true);
	await until(ada, ({ unsaved }) => !unsaved);
	expect(text.text).toBe('now here ');
	expect(stored.has(keptName)).toBe(false);
});

it.each([
	['the gateway never took', { keeps: false }],
	['its person may not write any more', { mayWrite: false }],
])('keeps what %s, though the line stands', async (_what, how) => {
	const before = page();
	type(before, 'mine ');
	before.close();
	const { text, wholeAsked } = await gateway(how);
	const after = page();
	await until(after, ({ connected, loaded }) => connected && loaded);
	await Promise.race([wholeAsked, until(after, ({ unsaved }) => !unsaved)]);
	// Comes behind the answer.
	await text.replace('here later');
	await until(after, ({ text }) => text.includes('later'));
	expect(after.snapshot().unsaved).toBe(true);
	expect(stored.has(keptName)).toBe(true);
});

it('keeps what two pages of one browser write while nobody answers', async () => {
	const one = page();
	const other = page();
	type(one, 'one ');
	type(other, 'other ');
	one.close();
	other.close();
	const { text } = await gateway();
	const later = page();
	await until(later, ({ unsaved }) => !unsaved);
	expect(text.text.split(' ').sort()).toEqual(['', 'here', 'one', 'other']);
});

it('sends what another page kept, when it is confirmed itself', async () => {
	const { text } = await gateway();
	const here = page();
	await until(here, ({ connected, loaded }) => connected && loaded);
	const away = page(nowhere);
	type(away, 'away ');
	type(here, 'now ');
	away.close();
	await until(here, ({ unsaved }) => !unsaved);
	expect(text.text).toContain('away');
	expect(stored.has(keptName)).toBe(false);
});

it('says where the browser keeps nothing', () => {
	const text = page();
	isFull = true;
	type(text, 'mine');
	expect(text.snapshot()).toMatchObject({ unsaved: true, kept: false });
});
