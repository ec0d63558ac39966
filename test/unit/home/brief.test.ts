/** What an agent is told besides the item: what cannot be read of it is left out, and keeps nobody from work. */
import { expect, it } from 'vitest';
import { gatherBrief } from '../../../node/home/brief.ts';
import { historyStream } from '../../../node/home/history.ts';
import type { Item } from '../../../shared/pipeline/index.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import { openSimStore, SimLog } from '../../../shared/ports/sim/index.ts';

it('[I12] leaves out a history that is not as expected, and says so', async () => {
	const store = await openSimStore();
	const bytes = Buffer.from(JSON.stringify([{ from: 'another version' }]));
	await store.write([{ kind: 'append', stream: historyStream('shop'), bytes }]);
	const log = new SimLog();
	const repository = { file: async () => null, refs: async () => [] } as never;
	const item = { key: 'k', tries: { totalAttempts: 2 }, lastFailure: null, words: [] } as unknown as Item;
	const about = { item, role: 'coder', main: 'a'.repeat(40) as CommitId } as const;
	expect(await gatherBrief({ project: 'shop', repository, store, log }, about)).toEqual({
		...{ role: null, guides: [], history: [], commits: [] },
	});
	expect(log.lines.map(({ event }) => event)).toEqual(['brief.noHistory']);
});
