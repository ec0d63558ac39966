/**
 * What people say to an agent on another machine than the home, decide for it, and take from it: over the rpc between
 * both, and heard of nobody but the home.
 */
import { describe, expect, it } from 'vitest';
import type { ForeignProject } from '../../../node/foreign/index.ts';
import { serveWork } from '../../../node/foreign/work-service.ts';
import { remoteWorker } from '../../../node/home/worker-link.ts';
import type { LogLine } from '../../../shared/operations/index.ts';
import { GanglineError, type NodeId } from '../../../shared/ports/index.ts';
import { oneId, twoId } from '../../support/mesh-pair.ts';
import { connected } from '../../support/rpc-pair.ts';

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

/** A worker that is asked by the home `homeIs`. */
async function between(homeIs: NodeId | null) {
	const here = await connected();
	const heard: unknown[] = [];
	const worker = {
		say: (...said: unknown[]) => heard.push(['say', ...said]) > 0,
		answer: (...said: unknown[]) => heard.push(['answer', ...said]) > 0,
		cancel: async (...said: unknown[]) => void heard.push(['cancel', ...said]),
	};
	serveWork({
		...{ rpc: here.answerer, log: here.log, homeOf: () => homeIs, takesNothing: () => null },
		project: () => ({ worker }) as unknown as ForeignProject,
		runLog: () => ({ run: null, lines: [], dropped: 0 }),
		folder: (_project, asked) => (asked === key ? '/home/builder/clones/12' : null),
		async *follow() {},
	});
	const link = remoteWorker(twoId, { rpc: here.asker, project, log: here.log });
	return { heard, link, finish: here.finish };
}

describe('an agent on another machine', () => {
	it('hears what a person says, and who said it', async () => {
		const { heard, link, finish } = await between(oneId);
		expect(await finish(link.say(key, 'mind the gap', 'ada'))).toBe(true);
		expect(heard).toEqual([['say', key, 'mind the gap', 'ada']]);
	});

	it('is given a decision with who made it', async () => {
		const { heard, link, finish } = await between(oneId);
		expect(await finish(link.answer(key, 'q1', { allow: false, who: 'ada' }))).toBe(true);
		expect(heard).toEqual([['answer', key, 'q1', { allow: false, who: 'ada' }]]);
	});

	it('is stopped, and its clone is named, where a person takes its item', async () => {
		const { heard, link, finish } = await between(oneId);
		await finish(link.cancel(key, 'ada took it'));
		expect(heard).toEqual([['cancel', key, 'ada took it']]);
		expect(await finish(link.folder(key))).toBe('/home/builder/clones/12');
		expect(await finish(link.folder('01BX5ZZKBKACTAV9WEVGEMMVR0'))).toBeNull();
	});

	it('[I13] hears nobody but the home of its project', async () => {
		for (const home of [null, twoId]) {
			const { heard, link, finish } = await between(home);
			const code = (error: unknown): string => (error instanceof GanglineError ? error.code : String(error));
			expect(await finish(link.say(key, 'x', 'eve').catch(code))).toBe('FORBIDDEN');
			expect(await finish(link.answer(key, 'q1', { allow: true, who: 'eve' }).catch(code))).toBe('FORBIDDEN');
			expect(await finish(link.folder(key).catch(code))).toBe('FORBIDDEN');
			expect(heard).toEqual([]);
		}
	});

	it('[I13] tells its lines to nobody who is not the home any more', async () => {
		const here = await connected();
		let home: NodeId = oneId;
		const line: LogLine = { seq: 1, run: 'r1', at: 1.5, source: 'agent', stream: 'stdout', text: 'first' };
		serveWork({
			...{ rpc: here.answerer, log: here.log, homeOf: () => home, takesNothing: () => null },
			project: () => ({}) as unknown as ForeignProject,
			runLog: () => ({ run: null, lines: [], dropped: 0 }),
			folder: () => null,
			async *follow() {
				yield [line];
				home = twoId;
				yield [{ ...line, seq: 2, text: 'second' }];
			},
		});
		const link = remoteWorker(twoId, { rpc: here.asker, project, log: here.log });
		const heard: string[] = [];
		const following = (async () => {
			const lines = link.follow({ key, run: 'r1', after: 0 }, new AbortController().signal);
			for await (const some of lines) heard.push(...some.map(({ text }) => text));
		})().catch((error: unknown) => (error instanceof GanglineError ? error.code : String(error)));
		expect([await here.finish(following), heard]).toEqual(['FORBIDDEN', ['first']]);
	});
});
