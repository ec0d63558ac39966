/**
 * Doors of the board in a browser: answers of whatever stands between it and its gateway, the stream of changes, what
 * others say of their carets, and writings that the browser's storage gives back.
 */
import * as Y from 'yjs';
import { writeDifference } from '../../../gateway/edge/wire.ts';
import { readAnswer, readFailure } from '../../../gateway/web/browser/answer.ts';
import { readChange } from '../../../gateway/web/browser/change-event.ts';
import {
	differenceIn,
	hasWriting,
	presenceOf,
	writingOf,
	writingToText,
} from '../../../gateway/web/browser/kept-writing.ts';
import { GanglineError, ganglineError } from '../../../shared/ports/index.ts';
import type { Door } from './door.ts';
import { jsonFrom, textFrom, valuesFrom } from './makers.ts';
import { sampleUpdates, updatesFrom } from './updates.ts';

const failure = { error: { code: 'REFUSED', message: 'no', hint: 'ask ada', data: { a: 1 } } };
const changes = [
	{ kind: 'hello', at: 1, version: '1' },
	{ kind: 'dropped', at: 1, events: 3 },
	{ kind: 'alive', at: 1 },
	{ kind: 'stopping', at: 1 },
	{ kind: 'itemGone', at: 1, project: 'shop', key: 'a', name: '#1' },
];

const [writing = Uint8Array.of(0, 0)] = sampleUpdates('text');

export const pageDoors: readonly Door[] = [
	{
		name: 'answers that a page gets',
		covers: ['gateway/web/browser/answer.ts'],
		make: valuesFrom([failure, { pid: 7, answer: 'it stops', stopping: [] }], 200_000),
		feed: (body: unknown) => {
			const told = readFailure(502, body);
			if (!(told instanceof GanglineError)) throw new Error('a failure is no error of ours');
			return readAnswer('node.stop', body);
		},
	},
	{
		name: 'changes that a page hears of',
		covers: ['gateway/web/browser/change-event.ts'],
		make: jsonFrom(changes, 200_000),
		feed: (text: string) => readChange(text) ?? passOver(),
	},
	{
		name: 'carets of others',
		covers: ['gateway/web/browser/kept-writing.ts'],
		make: valuesFrom([{ person: 'ada', caret: 4 }, { person: 'bob', caret: null }, { person: 'cy' }]),
		feed: (said: unknown) => presenceOf(said) ?? passOver(),
	},
	{
		name: 'writings that a browser kept',
		covers: ['gateway/web/browser/kept-writing.ts'],
		make: keptWritings(),
		feed: (text: string) => {
			const update = writingOf(text) ?? passOver();
			const doc = new Y.Doc();
			Y.applyUpdate(doc, update);
			const shown = doc.getText('text').toString();
			doc.destroy();
			return shown;
		},
	},
	{
		name: 'what a gateway says it has of a text',
		covers: ['gateway/web/browser/kept-writing.ts'],
		make: saidDifferences(),
		feed: (bytes: Uint8Array) => hasWriting(differenceIn(bytes) ?? passOver(), writing),
	},
] as readonly Door[];

/** A difference as it stands behind the kind of its message, or pieces of one. */
function saidDifferences(): Door<Uint8Array>['make'] {
	const updates = updatesFrom('text', 4_000);
	return (dice) => {
		const update = updates(dice);
		const whole = writeDifference(update).subarray(1);
		return dice.once(3) ? whole.subarray(0, update.byteLength >> 1) : whole;
	};
}

function keptWritings(): Door<string>['make'] {
	const texts = textFrom(sampleUpdates('text').map(writingToText), 4_000);
	const updates = updatesFrom('text', 4_000);
	return (dice) => (dice.once(3) ? texts(dice) : writingToText(updates(dice)));
}

function passOver(): never {
	throw ganglineError('MALFORMED', 'it is passed over');
}
