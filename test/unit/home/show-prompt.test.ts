/** Whose words are shown: of the worker that has the clone, or, where that cannot be asked, of another, and it is said. */
import { expect, it } from 'vitest';
import { type PromptSources, showPrompt } from '../../../node/home/show-prompt.ts';
import type { WorkerLink } from '../../../node/home/worker-link.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { kinds, LoopBench } from '../../support/loop-bench.ts';

const first = { form: 'first', prompt: 'Do it.' } as const;
const resumed = { form: 'resumed', prompt: 'Go on.' } as const;

async function shownBy(farTold: WorkerLink['told']) {
	const bench = await LoopBench.open({});
	await bench.add('01BX5ZZKBKACTAV9WEVGEMMVRZ', {});
	const link = (told: WorkerLink['told']) => ({ told }) as Partial<WorkerLink> as WorkerLink;
	const sources = {
		home: bench.home,
		repository: { main: async () => bench.main },
		exchange: { openTexts: { described: (item: unknown) => item } },
		config: { lastGood: async () => bench.config },
		work: bench.loop,
		worker: { linkFor: () => ({ node: 'far', link: link(farTold) }), ownLink: link(async () => first) },
		nameOf: () => 'attic',
	} as unknown as PromptSources;
	const shown = await showPrompt(sources, { key: '01BX5ZZKBKACTAV9WEVGEMMVRZ', name: '#1' }, undefined);
	expect(kinds(bench)).toEqual([]);
	return shown;
}

it('shows what the worker with the clone says', async () => {
	expect(await shownBy(async () => resumed)).toMatchObject({ ...resumed, role: 'coder', note: null });
});

it('shows what another one would be told where that worker cannot be asked, and says so', async () => {
	const shown = await shownBy(() => Promise.reject(ganglineError('PEER_UNREACHABLE', 'no address answers')));
	expect(shown).toMatchObject(first);
	expect(shown.note).toBe(
		'attic, which has its clone, cannot be asked now (no address answers): another worker would be told this',
	);
});

it('hides no mistake of ours behind that', async () => {
	await expect(shownBy(() => Promise.reject(new RangeError('ours')))).rejects.toThrow('ours');
});
