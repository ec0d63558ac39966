/** Author logs: numbered, dated, signed, durable; what does not continue a log exactly never gets into it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type AuthorLog, type IntentDraft, identityOf, ProjectLogs, readLog } from '../../../shared/log/index.ts';
import { intentSchema } from '../../../shared/pipeline/index.ts';
import { type AuthorId, nodeOf, type Store } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { projectOne } from '../../support/facts.ts';

const random = new SimRandom('logs');
const ada = identityOf(random.bytes(32));
const bob = identityOf(random.bytes(32));
const parse = (value: unknown) => intentSchema.parse(value);
const draft = (event: string, args?: IntentDraft['args']): IntentDraft => ({
	by: 'user',
	who: 'ada',
	item: 'a',
	event,
	...(args && { args }),
});

describe('ProjectLogs', () => {
	let disk: SimDisk;
	let store: Store;
	let clock: SimClock;
	let logs: ProjectLogs;
	let log: AuthorLog;

	const openLogs = async (on: Store): Promise<ProjectLogs> =>
		ProjectLogs.open({ store: on, project: projectOne, clock, log: new SimLog(), parse });

	const start = (at: ProjectLogs, identity = ada): Promise<AuthorLog> =>
		at.startAuthor({ identity, duty: 'home', random });

	async function restart(): Promise<void> {
		await store.close();
		store = await openSimStore(disk);
		logs = await openLogs(store);
		log = await start(logs);
	}

	/** Another node that has received everything this one has. */
	async function replica(from = logs): Promise<ProjectLogs> {
		const other = await openLogs(await openSimStore());
		for (const { author } of from.digests()) {
			for (const flush of await from.flushesAfter(author, 0)) await other.receive(flush);
		}
		return other;
	}

	beforeEach(async () => {
		clock = new SimClock(1_000_000);
		disk = new SimDisk();
		store = await openSimStore(disk);
		logs = await openLogs(store);
		log = await start(logs);
	});

	it('numbers and dates what is appended, and has it after a restart', async () => {
		const [one, two] = await log.append([draft('start'), draft('freeze')]);
		await clock.advance(5);
		const [three] = await log.append([draft('unfreeze')]);
		expect([one, two, three].map((intent) => [intent?.n, intent?.at])).toEqual([
			[1, [1_000_000, 0]],
			[2, [1_000_000, 1]],
			[3, [1_000_005, 0]],
		]);
		await restart();
		expect(logs.pendingIntents({})).toEqual([one, two, three]);
		expect(logs.pendingIntents({ [one?.author ?? '']: 2 })).toEqual([three]);
	});

	it('[I6] shows an intent only when it is durable, and then tells', async () => {
		const grown: AuthorId[] = [];
		logs.subscribe((author) => grown.push(author));
		disk.holdSyncs();
		const appended = log.append([draft('start')]);
		await new Promise((resolve) => setImmediate(resolve));
		expect([logs.pendingIntents({}), logs.digests(), grown]).toEqual([[], [], []]);
		disk.releaseSyncs();
		await appended;
		expect(logs.pendingIntents({}).length).toBe(1);
		expect(grown).toEqual([log.author]);
	});

	it('is a new author at each start, which names where the last one ended', async () => {
		await log.append([draft('start')]);
		const [digest] = logs.digests();
		await restart();
		expect(log.author).not.toBe(digest?.author);
		expect(nodeOf(log.author)).toBe(ada.nodeId);
		expect(log.predecessor).toEqual(digest);
		await restart();
		expect(log.predecessor).toEqual(digest);
	});

	it('never dates back, though the clock does', async () => {
		const [before] = await log.append([draft('start')]);
		clock.jump(-3_600_000);
		await restart();
		const [after] = await log.append([draft('freeze')]);
		expect(after?.at).toEqual([before?.at[0], 1]);
	});

	it('[I1] is equal on a replica that got the flushes, in any order and repeatedly', async () => {
		for (const event of ['start', 'freeze', 'unfreeze']) await log.append([draft(event)]);
		const flushes = await logs.flushesAfter(log.author, 0);
		const other = await openLogs(await openSimStore());
		expect(await other.receive(flushes[1] ?? new Uint8Array())).toEqual({
			kind: 'gap',
			author: log.author,
			expected: 1,
		});
		for (const flush of [flushes[0], flushes[2], flushes[0], flushes[1], flushes[1], flushes[2]]) {
			await other.receive(flush ?? new Uint8Array());
		}
		expect(other.digests()).toEqual(logs.digests());
		expect(other.pendingIntents({})).toEqual(logs.pendingIntents({}));
		expect((await logs.flushesAfter(log.author, 2)).length).toBe(1);
		expect(readLog(flushes, { project: projectOne, parse }).entries.length).toBe(3);
	});

	it('puts other writes into the batch of the flush', async () => {
		const before = disk.batches;
		await log.append([draft('start')], [{ kind: 'put', key: 'mine', value: 1 }]);
		expect(disk.batches).toBe(before + 1);
		expect(await store.get('mine')).toBe(1);
	});

	it('[I15] refuses what is no intent or too large before it is numbered, and splits what is many', async () => {
		await expect(log.append([draft('start'), draft('not an event!')])).rejects.toMatchObject({
			code: 'INVALID_ARGUMENT',
		});
		const huge = draft('edit', { title: 'x'.repeat(400_000) });
		await expect(log.append([huge])).rejects.toMatchObject({ code: 'TOO_LARGE' });
		const many = Array.from({ length: 60 }, () => draft('edit', { description: '"'.repeat(16_000) }));
		const intents = await log.append(many);
		expect(intents.map(({ n }) => n)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
		expect((await logs.flushesAfter(log.author, 0)).length).toBeGreaterThan(1);
		expect((await replica()).digests()).toEqual(logs.digests());
	});

	it('drops what the stable revision covers, and a replica can begin there', async () => {
		await log.append([draft('start'), draft('freeze')]);
		await log.append([draft('unfreeze'), draft('freeze')]);
		await log.append([draft('unfreeze')]);
		const digests = logs.digests();
		await logs.trim({ [log.author]: 3 });
		expect(logs.pendingIntents({}).map(({ n }) => n)).toEqual([3, 4, 5]);
		await logs.trim({ [log.author]: 4 });
		await logs.trim({ [log.author]: 4 });
		expect(logs.pendingIntents({}).map(({ n }) => n)).toEqual([5]);
		const other = await replica();
		expect(other.digests()).toEqual(digests);
		expect(other.pendingIntents({}).map(({ n }) => n)).toEqual([5]);
		await restart();
		expect(logs.digests()).toEqual(digests);
		expect((await store.read(`log/${projectOne}/${digests[0]?.author}`)).length).toBe(2);
	});

	it('[I15] passes on nothing of what is cut, also of what was written a moment ago', async () => {
		await log.append([draft('start')]);
		const other = await replica();
		await log.append([draft('freeze')]);
		await logs.trim({ [log.author]: 2 });
		for (const flush of await logs.flushesAfter(log.author, 1)) await other.receive(flush);
		expect(other.digests()).toEqual(logs.digests());
		expect(other.pendingIntents({ [log.author]: 1 })).toEqual([]);
	});

	it('[I14] closes a hole whose only copy was lost, and goes on behind it', async () => {
		const other = await openLogs(await openSimStore());
		await log.append([draft('start')]);
		await log.append([draft('freeze'), draft('unfreeze')]);
		await log.append([draft('freeze')]);
		const [first, , last] = await logs.flushesAfter(log.author, 0);
		await other.receive(first ?? new Uint8Array());
		const hole = { author: log.author, last: 3, reason: 'the disk was damaged', ...(last && { next: last }) };
		const before = other.digests();
		await expect(other.closeHole({ ...hole, identity: bob })).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
		expect(other.digests()).toEqual(before);
		await other.closeHole({ ...hole, identity: ada });
		expect(await other.receive(last ?? new Uint8Array())).toMatchObject({ kind: 'kept', upTo: 4 });
		expect(other.pendingIntents({}).map(({ n, event }) => [n, event])).toEqual([
			[1, 'start'],
			[2, 'void'],
			[3, 'void'],
			[4, 'freeze'],
		]);
		expect(intentSchema.array().parse(other.pendingIntents({})).length).toBe(4);
		expect((await replica(other)).digests()).toEqual(other.digests());
	});

	it('[I14] lets an entry that is signed but makes no sense be answered for', async () => {
		const lax = await ProjectLogs.open({
			store: await openSimStore(),
			project: projectOne,
			clock,
			log: new SimLog(),
			parse: (value) => ({ ...draft('start'), author: '', n: 1, at: [1, 0], ...Object(value) }),
		});
		const theirs = await start(lax, bob);
		await theirs.append([{ ...draft('start'), event: 'no such event!' }, draft('start')]);
		for (const flush of await lax.flushesAfter(theirs.author, 0)) await logs.receive(flush);
		expect(logs.pendingIntents({}).map(({ n, event }) => [n, event])).toEqual([
			[1, 'void'],
			[2, 'start'],
		]);
	});

	describe('[I13] refuses', () => {
		const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
		const refused = async (bytes: string | Uint8Array, code: string): Promise<void> => {
			const at = await replica();
			const before = at.digests();
			await expect(at.receive(Buffer.from(bytes))).rejects.toMatchObject({ code, disposition: 'peer' });
			expect(at.digests()).toEqual(before);
		};
		/** The next flush of the log, which no replica has yet. */
		const nextFlush = async (): Promise<string> => {
			await log.append([draft('freeze')]);
			return text((await logs.flushesAfter(log.author, 1)).at(-1));
		};
		let fresh: ProjectLogs;
		let flush: string;

		beforeEach(async () => {
			await log.append([draft('start')]);
			fresh = await replica();
			flush = await nextFlush();
			logs = fresh;
		});

		it('an entry that was changed', () => refused(flush.replace('freeze', 'abandon'), 'BAD_SIGNATURE'));
		it('an entry that was added', () => refused(flush.replace('"entries":[', '"entries":["{}",'), 'BAD_SIGNATURE'));
		it('a flush of another project', () =>
			refused(flush.replace(projectOne, `${projectOne.slice(0, -1)}2`), 'MALFORMED'));
		it('a flush put to another number', () => refused(flush.replace('"first":2', '"first":1'), 'BAD_SIGNATURE'));
		it('a flush put behind another entry', () =>
			refused(flush.replace(/"previous":"../, '"previous":"00'), 'BAD_SIGNATURE'));
		it('a second past of a log, and says whose fault it is', async () => {
			const pasts = ['start', 'freeze'].map(async (event) => {
				const past = await openLogs(await openSimStore());
				const author = await past.startAuthor({ identity: ada, duty: 'home', random: new SimRandom('same') });
				await author.append([draft(event)]);
				await author.append([draft('abandon')]);
				return { author: author.author, flushes: await past.flushesAfter(author.author, 0) };
			});
			const [one, two] = await Promise.all(pasts);
			await fresh.receive(one?.flushes[0] ?? new Uint8Array());
			await expect(fresh.receive(two?.flushes[1] ?? new Uint8Array())).rejects.toMatchObject({
				code: 'MALFORMED',
				data: { forkedBy: one?.author },
			});
		});
		it('a signature that was changed', () =>
			refused(
				flush.replace(/"signature":"./, (match) => `${match.slice(0, -1)}${match.endsWith('A') ? 'B' : 'A'}`),
				'BAD_SIGNATURE',
			));
		it('an unknown field', () => refused(flush.replace('"v":1', '"v":1,"x":2'), 'MALFORMED'));
		it('another version', () => refused(flush.replace('"v":1', '"v":2'), 'MALFORMED'));
		it('a key that means something', () => refused(flush.replace('"v":1', '"v":1,"__proto__":{}'), 'MALFORMED'));
		it('what is no JSON', () => refused('{', 'MALFORMED'));
		it('a log under a name that its key does not have', async () => {
			const theirs = await openLogs(await openSimStore());
			const imposter = await theirs.startAuthor({
				identity: { ...bob, nodeId: ada.nodeId },
				duty: 'home',
				random,
			});
			await imposter.append([draft('start')]);
			await refused((await theirs.flushesAfter(imposter.author, 0))[0] ?? '', 'BAD_SIGNATURE');
		});
		it('nothing that its author wrote', async () => {
			expect(await fresh.receive(Buffer.from(flush))).toMatchObject({ kind: 'kept', upTo: 2 });
		});
	});
});
