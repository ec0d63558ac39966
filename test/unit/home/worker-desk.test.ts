/** Where workers of other nodes speak to the homes of this one. */
import { expect, it } from 'vitest';
import { serveWorkers, type WorkerDesk } from '../../../node/home/worker-desk.ts';
import type { Rpc } from '../../../shared/mesh/rpc.ts';
import { type CommitId, ganglineError, type NodeId } from '../../../shared/ports/index.ts';
import { SimLog } from '../../../shared/ports/sim/index.ts';
import { workState } from '../../../shared/protocol/work-methods.ts';
import { oneId } from '../../support/mesh-pair.ts';

const main = 'a'.repeat(40) as CommitId;

it('[I12] a life sign is answered for the other projects where the repository of one is away', async () => {
	const served = new Map<string, (state: unknown, peer: { readonly node: NodeId }) => Promise<unknown>>();
	const heard: string[] = [];
	const desk = (name: string, read: () => Promise<CommitId>): [string, WorkerDesk] => [
		name,
		{
			...{ mayWork: () => true, main: read, report: async () => {} },
			heard: () => {
				heard.push(name);
				return [];
			},
		},
	];
	const away = async (): Promise<never> => {
		throw ganglineError('GIT_FAILED', 'the canonical repository is gone');
	};
	const desks = new Map([desk('shop', away), desk('blog', async () => main)]);
	const serve = ({ name }: { name: string }, handler: never) => void served.set(name, handler);
	serveWorkers({ rpc: { serve } as unknown as Pick<Rpc, 'serve'>, log: new SimLog(), desks: () => desks });
	const answer = await served.get(workState.name)?.({ author: `${oneId}.00000001.work` }, { node: oneId });
	expect(heard).toEqual(['shop', 'blog']);
	expect(answer).toEqual({
		forget: [],
		mains: [
			{ project: 'shop', main: null },
			{ project: 'blog', main },
		],
	});
});
