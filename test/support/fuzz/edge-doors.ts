/** Doors for browsers: what one of them says about a document, and what it says of the person who looks at it. */
import * as Y from 'yjs';
import { Connection } from '../../../gateway/edge/connection.ts';
import { FirstAnswers } from '../../../gateway/edge/first-answers.ts';
import { PresenceRoom } from '../../../gateway/edge/presence-room.ts';
import { closeCodes, type Refusal, type ServedDocument } from '../../../gateway/edge/served-document.ts';
import { writeAwareness, writeStateVector, writeUpdate } from '../../../gateway/edge/wire.ts';
import { ItemText } from '../../../shared/documents/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { openSimStore, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { projectOne } from '../facts.ts';
import { turns } from './by-hand.ts';
import { spoilBytes } from './bytes.ts';
import type { Door } from './door.ts';
import { jsonText, spoilValue } from './json.ts';
import { updatesFrom } from './updates.ts';

/** A browser that is there already, and whose view must stay whole. */
interface Witness {
	readonly document: Y.Doc;
	readonly room: PresenceRoom;
	readonly text: ItemText;
	readonly first: FirstAnswers;
	readonly log: SimLog;
}

async function newWitness(): Promise<Witness> {
	const store = await openSimStore();
	const text = await ItemText.open({
		store,
		project: projectOne,
		item: 'a',
		first: 'one line\n',
		random: new SimRandom(2),
	});
	const document = new Y.Doc();
	Y.applyUpdate(document, text.difference());
	text.subscribe(({ update }) => Y.applyUpdate(document, update));
	return { document, room: new PresenceRoom(), text, first: new FirstAnswers(), log: new SimLog() };
}

const messagesPerLife = 300;

export async function edgeDoors(): Promise<readonly Door[]> {
	let witness = await newWitness();
	let fed = 0;
	const updates = updatesFrom('text', 64 * 1024);
	const door: Door<readonly Uint8Array[]> = {
		name: 'a browser at a document',
		covers: [
			...['gateway/edge/connection.ts', 'gateway/edge/presence-room.ts', 'gateway/edge/first-answers.ts'],
			...['gateway/edge/wire.ts', 'route /sync/'],
		],
		weight: 2,
		make: (dice) =>
			Array.from({ length: 1 + dice.below(3) }, () => {
				const kind = dice.below(4);
				const state = {
					client: dice.size(2 ** 32),
					clock: dice.size(2 ** 31),
					state: jsonText(spoilValue(dice, { cursor: 3 })),
				};
				const message =
					kind === 0
						? writeStateVector(dice.once(2) ? Uint8Array.of(1, 5, 9) : dice.bytes(dice.size(20)))
						: kind === 1
							? writeAwareness(Array.from({ length: dice.size(20) }, () => state))
							: writeUpdate(updates(dice));
				return dice.once(3) ? spoilBytes(dice, message) : message;
			}),
		isConversation: true,
		feed: async (messages) => {
			fed += 1;
			if (fed % messagesPerLife === 0) witness = await newWitness();
			await look(witness, messages);
		},
		// Nobody sees another text than the one that is kept.
		state: () => `${witness.document.getText('text').toString() === witness.text.text}`,
		isNewLife: () => false,
	};
	return [door];
}

async function look({ text, room, first, log }: Witness, messages: readonly Uint8Array[]): Promise<void> {
	const refusals: Refusal[] = [];
	let sentBytes = 0;
	const document: ServedDocument = {
		name: text.name,
		get stateVector() {
			return text.stateVector;
		},
		difference: (vector) => text.difference(vector),
		subscribe: (listener) => text.subscribe(({ update }) => listener(update)),
		apply: (update, from) => text.apply(update, from),
	};
	const connection = new Connection({
		socket: {
			send: (bytes) => {
				sentBytes += bytes.byteLength;
			},
			get waitingBytes() {
				return sentBytes;
			},
			hold: () => {},
			goOn: () => {},
			close: (refusal) => void refusals.push(refusal),
		},
		...{ document, mayWrite: true, person: 'eve', from: 'edge of eve', room, first, log },
	});
	for (const message of messages) connection.take(message);
	await turns(3);
	connection.end();
	first.forget(text.name);
	const complaint = log.lines.find(({ level }) => level === 'error');
	log.lines.length = 0;
	if (complaint) throw complaint.fields.error ?? new Error(complaint.event);
	const [refusal] = refusals;
	if (refusal?.code === closeCodes.tryAgain) throw new Error(`told to try again: ${refusal.reason}`);
	if (refusal) throw ganglineError('MALFORMED', refusal.reason);
}
