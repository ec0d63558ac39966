/**
 * Doors with state: a text, an index, a registry and logs, each at a node that is not their writer. What comes in is
 * applied whole or not at all: signed documents show only what their writer published, logs only what their authors
 * signed, and a text what Yjs makes of the very same update.
 */
import * as Y from 'yjs';
import { ItemText, ProjectIndex, RegistryDocument } from '../../../shared/documents/index.ts';
import { identityOf, ProjectLogs } from '../../../shared/log/index.ts';
import { intentSchema } from '../../../shared/pipeline/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { factsWith, makeItem, projectOne } from '../facts.ts';
import { gatewayIdentity, meshId, smallMesh } from '../registry-facts.ts';
import type { Door } from './door.ts';
import { bytesFrom } from './makers.ts';
import { updatesFrom } from './updates.ts';

const random = new SimRandom('document doors');
const home = identityOf(random.bytes(32));
/** So that what was taken does not pile up; a document is begun anew behind so many. */
const inputsPerLife = 300;

interface Lives<T> {
	one: T;
	readonly renew: () => Promise<void>;
	fed: number;
}

async function livesOf<T>(begin: () => Promise<T>): Promise<Lives<T>> {
	const lives: Lives<T> = {
		one: await begin(),
		fed: 0,
		renew: async () => {
			lives.fed += 1;
			if (lives.fed % inputsPerLife === 0) lives.one = await begin();
		},
	};
	return lives;
}

export async function documentDoors(): Promise<readonly Door[]> {
	return [await textDoor(), await indexDoor(), await registryDoor(), await logDoor()];
}

/** `gap` and `known` have changed nothing, which is what the judge is to see. */
function orPassedOver(applied: string): void {
	if (applied !== 'applied') throw ganglineError('MALFORMED', `it was ${applied}`);
}

async function textDoor(): Promise<Door<Uint8Array>> {
	const lives = await livesOf(async () => {
		const text = await ItemText.open({
			store: await openSimStore(),
			project: projectOne,
			item: 'a',
			first: '',
			random,
		});
		await text.replace('what is to be done\n');
		return text;
	});
	let was = lives.one.difference();
	const make = updatesFrom('text', 64 * 1024);
	return {
		name: 'a text',
		covers: ['shared/documents/item-text.ts', 'shared/documents/durable-document.ts', 'stream doc/<project>/text'],
		weight: 2,
		make,
		feed: async (update) => {
			await lives.renew();
			was = lives.one.difference();
			orPassedOver(await lives.one.apply(update, 'eve'));
		},
		isWhole: (_before, _after, update) => {
			const whole = new Y.Doc();
			Y.applyUpdate(whole, was);
			Y.applyUpdate(whole, update);
			const expected = whole.getText('text').toString();
			if (lives.one.text !== expected) throw new Error('a part of an update was applied');
		},
		state: () => `${lives.fed - (lives.fed % inputsPerLife)} ${lives.one.stateHash}`,
		isNewLife: () => lives.fed % inputsPerLife === 0,
	};
}

async function indexDoor(): Promise<Door<Uint8Array>> {
	const options = { project: projectOne, generation: '1', random, homeKey: home.publicKey };
	const writer = await ProjectIndex.open({ ...options, store: await openSimStore(), identity: home });
	const [updates, states] = [[] as Uint8Array[], new Set([writer.stateHash])];
	writer.subscribe(({ change }) => updates.push(change.update));
	for (let revision = 1; revision <= 12; revision++) {
		const items = Array.from({ length: 1 + (revision % 5) }, (_, i) =>
			makeItem(`i${i}`, { number: i + 1, title: `at ${revision}` }),
		);
		await writer.publish(factsWith(revision, items, { term: 1, nextNumber: 9 }));
		states.add(writer.stateHash);
	}
	const lives = await livesOf(async () => {
		const index = await ProjectIndex.open({ ...options, store: await openSimStore() });
		for (const update of updates.slice(0, 3)) await index.apply(update, 'home');
		return index;
	});
	return signedDoor({
		name: 'the index of a project',
		covers: [
			'shared/documents/project-index.ts',
			'shared/documents/signed-records.ts',
			'shared/documents/index-records.ts',
			'stream doc/<project>/index',
		],
		samples: [...updates, writer.difference()],
		states,
		lives,
	});
}

async function registryDoor(): Promise<Door<Uint8Array>> {
	const options = { mesh: meshId, random, gatewayKey: gatewayIdentity.publicKey };
	const writer = await RegistryDocument.open({ ...options, store: await openSimStore(), identity: gatewayIdentity });
	const [updates, states] = [[] as Uint8Array[], new Set([writer.stateHash])];
	writer.subscribe(({ change }) => updates.push(change.update));
	const facts = smallMesh();
	for (let revision = facts.revision; revision < facts.revision + 6; revision++) {
		await writer.publish({
			...facts,
			revision,
			people: { ...facts.people, [`p${revision}`]: { id: `p${revision}`, access: 'viewer' } },
		});
		states.add(writer.stateHash);
	}
	const lives = await livesOf(async () => {
		const registry = await RegistryDocument.open({ ...options, store: await openSimStore() });
		for (const update of updates.slice(0, 2)) await registry.apply(update, 'gate');
		return registry;
	});
	return signedDoor({
		name: 'the registry of a mesh',
		covers: ['shared/documents/registry-document.ts', 'shared/registry/schema.ts', 'stream doc/<mesh>/registry'],
		samples: [...updates, writer.difference()],
		states,
		lives,
	});
}

interface Signed {
	readonly stateHash: string;
	apply(update: Uint8Array, from: string): Promise<string>;
}

function signedDoor(on: {
	readonly name: string;
	readonly covers: readonly string[];
	readonly samples: readonly Uint8Array[];
	readonly states: ReadonlySet<string>;
	readonly lives: Lives<Signed>;
}): Door<Uint8Array> {
	const { name, covers, samples, states, lives } = on;
	const recorded = bytesFrom(samples, 256 * 1024);
	const written = updatesFrom('records', 64 * 1024);
	return {
		name,
		covers,
		make: (dice) => (dice.once(3) ? written(dice) : recorded(dice)),
		feed: async (update) => {
			await lives.renew();
			orPassedOver(await lives.one.apply(update, 'eve'));
		},
		state: () => lives.one.stateHash,
		isWhole: (_before, after) => {
			if (!states.has(after)) throw new Error('it shows what was never published');
		},
		isNewLife: () => lives.fed % inputsPerLife === 0,
	};
}

async function logDoor(): Promise<Door<Uint8Array>> {
	const clock = new SimClock(1_000_000);
	const open = async (): Promise<ProjectLogs> =>
		ProjectLogs.open({
			...{ store: await openSimStore(), project: projectOne, clock, log: new SimLog() },
			parse: (value) => intentSchema.parse(value),
		});
	const writer = await open();
	for (const duty of ['edge', 'work'] as const) {
		const author = await writer.startAuthor({ identity: identityOf(random.bytes(32)), duty, random });
		for (let i = 0; i < 6; i++) {
			await author.append([
				{ by: 'user', who: 'ada', item: 'a', event: 'start', args: { i } },
				{ by: 'user', who: 'ada', item: 'b', event: 'freeze' },
			]);
		}
	}
	const flushes: Uint8Array[] = [];
	for (const { author } of writer.digests()) flushes.push(...(await writer.flushesAfter(author, 0)));
	const positions = new Set<string>();
	const whole = await open();
	for (const flush of flushes) {
		await whole.receive(flush);
		for (const digest of whole.digests()) positions.add(JSON.stringify(digest));
	}
	const lives = await livesOf(open);
	const state = (): string => JSON.stringify(lives.one.digests());
	return {
		name: 'the logs of authors',
		covers: ['shared/log/project-logs.ts', 'shared/log/verify.ts', 'shared/log/flush.ts', 'stream log/<project>'],
		weight: 2,
		make: bytesFrom(flushes, 256 * 1024),
		feed: async (flush) => {
			await lives.renew();
			const received = await lives.one.receive(flush, 'eve');
			if (received.kind !== 'kept') throw ganglineError('MALFORMED', `it was ${received.kind}`);
		},
		state,
		isWhole: () => {
			for (const digest of lives.one.digests()) {
				if (!positions.has(JSON.stringify(digest)))
					throw new Error(`a log stands where its author never was: ${state()}`);
			}
		},
		isNewLife: () => lives.fed % inputsPerLife === 0,
	};
}
