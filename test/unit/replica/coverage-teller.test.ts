/** What a replica tells its home of its disk: in order, and again when a connection comes up. */
import { expect, it } from 'vitest';
import { parseNodeId } from '../../../shared/ports/index.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import type { CoveredArgs } from '../../../shared/protocol/replica.ts';
import { CoverageTeller, type ProjectReplica } from '../../../shared/replica/index.ts';

/** A teller whose replica has whatever state a test says, and whose messages are answered when it says so. */
function open() {
	const clock = new SimClock();
	const told: { readonly covered: CoveredArgs; readonly answer: PromiseWithResolvers<void> }[] = [];
	const state = { hash: 'one', changed: () => {} };
	const replica = {
		id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
		author: 'n0000000000000001.00000001.edge',
		heard: () => ({}),
		logs: { kept: () => [] },
		get index() {
			return { generation: 'g', stateHash: state.hash };
		},
		onCovered: (listener: () => void) => {
			state.changed = listener;
			return () => {};
		},
	} as unknown as ProjectReplica;
	const teller = new CoverageTeller({
		...{ replica, node: parseNodeId('n0000000000000001'), clock, log: new SimLog() },
		tell: (covered) => {
			const answer = Promise.withResolvers<void>();
			told.push({ covered, answer });
			return answer.promise;
		},
	});
	const becomes = async (hash: string): Promise<void> => {
		state.hash = hash;
		state.changed();
		await clock.advance(1_000);
	};
	const hashes = (): readonly string[] => told.map(({ covered }) => covered.stateHash);
	return { clock, teller, told, becomes, hashes };
}

it('says what is newer only when what is older was answered', async () => {
	const { clock, told, becomes, hashes } = open();
	await clock.advance(1_000);
	await becomes('two');
	await becomes('three');
	expect(hashes()).toEqual(['one']);
	told[0]?.answer.resolve();
	await clock.advance(1_000);
	expect(hashes()).toEqual(['one', 'three']);
	told[1]?.answer.resolve();
	await clock.advance(120_000);
	expect(hashes()).toEqual(['one', 'three']);
});

it('says it once more where a connection came up while it was being told', async () => {
	const { clock, teller, told, hashes } = open();
	await clock.advance(1_000);
	teller.again();
	told[0]?.answer.resolve();
	await clock.advance(1_000);
	expect(hashes()).toEqual(['one', 'one']);
});
