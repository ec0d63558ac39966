import { JoinTokens } from '../../../gateway/registry/join-tokens.ts';
import { meshIdOf } from '../../../gateway/registry/mesh-registry.ts';
import { PersonTokens } from '../../../gateway/registry/person-tokens.ts';
import { Recovery } from '../../../gateway/registry/recovery.ts';
import { readHistory } from '../../../node/home/history.ts';
import { knownProjects } from '../../../node/home/projects.ts';
import { RunBook } from '../../../node/home/run-book.ts';
import { Segments } from '../../../node/home/segments.ts';
import { OwnCheckouts } from '../../../node/own-checkouts.ts';
import { formerHome, formerKeys, takenHome } from '../../../node/rehome/records.ts';
import { ReportBox } from '../../../node/worker/report-box.ts';
import { VerdictCache } from '../../../node/worker/verdict-cache.ts';
import { currentGeneration, ItemText } from '../../../shared/documents/index.ts';
import { ProjectLogs } from '../../../shared/log/index.ts';
import { intentSchema } from '../../../shared/pipeline/index.ts';
import { parseNodeId, type Store } from '../../../shared/ports/index.ts';
import { SimClock, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { Settlement } from '../../../shared/replica/settlement.ts';
import { incarnationOf } from '../../../shared/store/index.ts';
import { projectOne } from '../facts.ts';
import { identityNo } from '../registry-facts.ts';

const digest = 'ab'.repeat(32);
const commit = 'a'.repeat(40);
const node = parseNodeId(`n${'1'.repeat(16)}`);
const author = `${node}.01234567.edge`;
const clock = new SimClock(1_000_000);
const random = new SimRandom('store doors');
const record = { id: projectOne, name: 'shop', path: '/shop', branch: 'main', paused: false };

/** One kind of record: where it lies, what it is, and who reads it. */
export interface RecordKind {
	/** As in `covers`: its key with names for what varies, or `stream` and the stream's. */
	readonly kind: string;
	/** The file that reads it, where that parses by itself. */
	readonly in?: string;
	readonly at: string;
	readonly isStream?: boolean;
	readonly samples: readonly unknown[];
	read(store: Store): unknown;
}

const task = {
	...{
		project: projectOne,
		role: 'coder',
		agent: 'claude',
		token: [1, 2],
		main: commit,
		from: null,
		gates: [],
		instructions: '',
	},
	item: { key: 'a', number: 1, title: 'x', type: 'story', description: '', words: [], lastFailure: null },
};
const usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 0 };
const run = {
	...{ run: '1.2', key: 'a', role: 'coder', agent: 'claude', node: null, startedAt: 1, endedAt: null, outcome: null },
	...{ costUsd: 0.5, inputTokens: 1, outputTokens: 2, gates: [], textState: null },
};
const sealed = {
	generation: '2',
	stateHash: digest,
	term: 1,
	revision: 2,
	main: commit,
	refs: [],
	homeKeys: [],
	paused: true,
};
const token = {
	...{
		id: 't01234567',
		hash: digest,
		name: null,
		duties: ['work'],
		worksFor: 'any',
		homeFor: [],
		person: null,
		slots: 2,
		labels: [],
	},
	...{ uses: 1, usedBy: [], createdAt: 1, createdBy: 'ada', expiresAt: 9e12, revoked: false, closedAt: null },
};
const history = [
	{
		key: 'a',
		item: '#1',
		revision: 1,
		at: 1,
		by: 'user',
		who: 'ada',
		event: 'start',
		from: 'backlog',
		to: 'coding',
		reason: null,
		outcome: 'applied',
	},
];
const refused = {
	author,
	n: 1,
	item: 'a',
	event: 'edit',
	who: null,
	at: 1,
	called: null,
	refusal: 'stale',
	words: 'no',
};

export async function settlementOn(store: Store): Promise<unknown> {
	const log = new SimLog();
	const logs = await ProjectLogs.open({
		store,
		project: projectOne,
		clock,
		log,
		parse: (value) => intentSchema.parse(value),
	});
	return Settlement.open({
		store,
		project: projectOne,
		node,
		logs,
		log,
		clock,
		nameOf: () => null,
		onSettled: () => {},
	});
}

export const recordKinds: readonly RecordKind[] = [
	{
		kind: 'project/<project>',
		in: 'node/home/projects.ts',
		at: `project/${projectOne}`,
		samples: [record],
		read: (store) => knownProjects(store),
	},
	{
		kind: 'run/<project>',
		in: 'node/home/run-book.ts',
		at: `run/${projectOne}/a/1.2`,
		samples: [run],
		read: async (store) => (await RunBook.open(store, projectOne, () => 0)).costUsd(),
	},
	{
		kind: 'report/<project>',
		in: 'node/worker/report-box.ts',
		at: `report/${projectOne}/a/1.2`,
		samples: [{ task, report: { kind: 'failed', reason: 'x', usage, words: '' } }],
		read: (store) => new ReportBox(store, projectOne).unsettled(),
	},
	{
		kind: 'task/<project>',
		at: `task/${projectOne}/a/1.2`,
		samples: [{ task }],
		read: (store) => new ReportBox(store, projectOne).interrupted(),
	},
	{
		kind: 'verdict/<project>',
		in: 'node/worker/verdict-cache.ts',
		at: `verdict/${projectOne}/${commit}/set`,
		samples: [{ tree: commit, gateSet: 'set', passed: true, gates: [] }],
		read: (store) => new VerdictCache(store, projectOne).get(commit, 'set'),
	},
	{
		kind: 'ownCheckout/<project>',
		at: `ownCheckout/${projectOne}`,
		samples: ['/shop'],
		read: async (store) => (await OwnCheckouts.open(store)).of(projectOne),
	},
	{
		kind: 'former/<project>',
		in: 'node/rehome/records.ts',
		at: `former/${projectOne}`,
		samples: [{ record, to: node, sealed }],
		read: (store) => formerHome(store, projectOne),
	},
	{
		kind: 'taken/<project>',
		at: `taken/${projectOne}`,
		samples: [{ record, term: 2, generation: '3' }],
		read: (store) => takenHome(store, projectOne),
	},
	{
		kind: 'homes/<project>',
		at: `homes/${projectOne}`,
		samples: [['key']],
		read: (store) => formerKeys(store, projectOne),
	},
	{
		kind: 'heard/<project>',
		in: 'shared/replica/settlement.ts',
		at: `heard/${projectOne}/${author}`,
		samples: [4],
		read: settlementOn,
	},
	{ kind: 'refused/<project>', at: `refused/${projectOne}/${author}#1`, samples: [refused], read: settlementOn },
	{
		kind: 'gateway/person',
		at: 'gateway/person/ada',
		samples: [digest],
		read: async (store) => (await PersonTokens.open(store)).has('ada'),
	},
	{
		kind: 'gateway/editor',
		at: 'gateway/editor/ada',
		samples: [digest],
		read: async (store) => (await PersonTokens.open(store)).has('ada', 'editor'),
	},
	{
		kind: 'gateway/token',
		at: 'gateway/token/t01234567',
		samples: [token],
		read: async (store) => (await JoinTokens.open(store, clock)).list(),
	},
	{
		kind: 'gateway/mesh',
		in: 'gateway/registry/mesh-registry.ts',
		at: 'gateway/mesh',
		samples: [projectOne],
		read: (store) => meshIdOf(store, clock, random),
	},
	{
		kind: 'gateway/incarnation',
		at: 'gateway/incarnation',
		samples: [1],
		read: async (store) => {
			const network = { links: () => [], subscribe: () => () => {} };
			const recovery = await Recovery.begin({ store, clock, log: new SimLog(), network, hasMembers: () => false });
			return recovery.isOver;
		},
	},
	{
		kind: 'index/<project>/generation',
		at: `index/${projectOne}/generation`,
		samples: ['3'],
		read: (store) => currentGeneration(store, projectOne),
	},
	{ kind: 'store/incarnation', at: 'store/incarnation', samples: [3], read: (store) => incarnationOf(store) },
	{
		kind: 'client/<document>',
		in: 'shared/documents/client-id.ts',
		at: `client/doc/${projectOne}/text/a`,
		samples: [{ client: 77, incarnation: 1 }],
		read: async (store) => {
			const text = await ItemText.open({ store, project: projectOne, item: 'a', first: '', random });
			await text.replace('x');
			return text.text;
		},
	},
	{
		kind: 'log/<project>/<node>',
		at: `log/${projectOne}/${identityNo(3).nodeId}/edge`,
		samples: [author],
		read: async (store) => {
			const logs = await ProjectLogs.open({
				store,
				project: projectOne,
				clock,
				log: new SimLog(),
				parse: (value) => intentSchema.parse(value),
			});
			return (await logs.startAuthor({ identity: identityNo(3), duty: 'edge', random })).author;
		},
	},
	{
		kind: 'stream history/<project>',
		in: 'node/home/history.ts',
		at: `history/${projectOne}`,
		isStream: true,
		samples: [history],
		read: (store) => readHistory(store, { project: projectOne, limit: 9 }),
	},
	{
		kind: 'stream segment/<project>',
		at: `segment/${projectOne}`,
		isStream: true,
		samples: [{ v: 1, project: projectOne, number: 1, items: [] }],
		read: (store) => {
			const [stored] = store.streams();
			const facts = { segments: { 1: { hash: digest, items: 1 } } };
			const home = { facts, publish: async () => {} };
			return stored
				? new Segments({
						project: projectOne,
						store,
						log: new SimLog(),
						home,
						described: (item: unknown) => item,
					} as never).search('x')
				: null;
		},
	},
];
