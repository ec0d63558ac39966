/** The kinds of records that the rooms keep for themselves: costs, talks, sessions, and what a gateway remembers of people. */

import { Sessions } from '../../../gateway/board/sessions.ts';
import { readSettings } from '../../../gateway/board/settings.ts';
import { Places } from '../../../gateway/machines/index.ts';
import { Notifier } from '../../../gateway/notify/notifier.ts';
import { CostLedger } from '../../../node/home/cost-ledger.ts';
import { costView } from '../../../node/home/cost-view.ts';
import { LimitBook } from '../../../node/home/limit-book.ts';
import { Talks } from '../../../node/home/talks.ts';
import { RecoveryBook } from '../../../node/worker/recovery-book.ts';
import { SessionBook } from '../../../node/worker/session-book.ts';
import { SpentBook } from '../../../node/worker/spent-book.ts';
import type { Store } from '../../../shared/ports/index.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import { ContainerRecords } from '../../../shared/provision/records.ts';
import { projectOne } from '../facts.ts';
import { type RecordKind, settlementOn } from './record-kinds.ts';

const now = 1_000_000_000_000;
const clock = new SimClock(now);
const ran = { key: 'a', number: 1, run: '1.2', agent: 'claude', node: 'box', at: now };
const totals = { costUsd: 0.5, inputTokens: 1, outputTokens: 2 };

/** Everything that is read of a ledger, by who grants and by who shows it. */
async function costsOn(store: Store): Promise<unknown> {
	const costs = await CostLedger.open(store, projectOne, () => now);
	const views = new Map();
	return [
		costs.gone('a'),
		costView({ ledger: costs, views, nodeName: (id) => id, budget: { grant_usd: 1, day_usd: 1 } }),
	];
}

async function notifierOn(store: Store): Promise<unknown> {
	const log = new SimLog();
	const notifier = await Notifier.open({ store, clock, log, waiting: () => [], base: () => 'http://x' });
	const { status } = notifier;
	await notifier.stop();
	return status;
}

const session = {
	...{ id: 's0123456789ab', hash: 'ab'.repeat(32), person: 'ada', on: 'phone', browser: 'b', from: '192.0.2.1' },
	...{ createdAt: now, expiresAt: now + 9, seenAt: now },
};
const container = {
	...{ name: 'shop', path: '/shop', git: null, wantedStack: null, stack: 'node', others: [], project: projectOne },
	...{ wantedAgents: ['codex'], agents: ['codex'] },
	...{ image: 'x', gateway: null, limits: { memory: 2 ** 30, cpus: 1, pids: 100 }, sshPort: 2222, node: null },
	...{ person: 'ada', token: null, phase: 'ready', steps: [], hint: null, changedAt: now },
};

const place = {
	...{ name: 'shop', madeAs: 'shop', node: `n${'1'.repeat(16)}`, person: 'ada', token: null, seen: null, madeAt: now },
	wish: { name: 'shop', stack: 'node', retry: false },
};

export const roomRecords: readonly RecordKind[] = [
	{
		kind: 'cost/<project>',
		in: 'node/home/cost-ledger.ts',
		at: `cost/${projectOne}/r/a/1.2`,
		samples: [
			{ ...ran, ...totals },
			{ ...ran, ...totals, at: 1 },
		],
		read: costsOn,
	},
	{
		kind: 'cost/<project>/promise',
		at: `cost/${projectOne}/p/a/1.2`,
		samples: [{ ...ran, usd: 2 }],
		read: costsOn,
	},
	{
		kind: 'talk/<project>',
		in: 'node/home/talks.ts',
		at: `talk/${projectOne}/a`,
		samples: [
			{
				parked: { id: 'q', question: 'Bash: ls', at: now },
				answers: [{ question: 'Bash: rm', allow: false, who: 'ada', at: now }],
				notes: ['look again'],
			},
		],
		read: async (store) => {
			const talks = await Talks.open(store, projectOne);
			return [talks.parked('a'), talks.forTask('a')];
		},
	},
	{
		kind: 'recovery/<project>',
		in: 'node/worker/recovery-book.ts',
		at: `recovery/${projectOne}/a`,
		samples: [{ total: 1, noProgress: 0, diff: 'x', filesRead: ['a.ts'] }],
		read: (store) => new RecoveryBook({ store, project: projectOne }).read('a'),
	},
	{
		kind: 'crashes/<project>',
		at: `crashes/${projectOne}/a`,
		samples: [{ count: 2 }],
		read: (store) => new RecoveryBook({ store, project: projectOne }).crashed('a'),
	},
	{
		kind: 'limit/<project>',
		in: 'node/home/limit-book.ts',
		at: `limit/${projectOne}/n0000000000000001`,
		samples: [{ 'claude-code': now + 1_000 }],
		read: async (store) => (await LimitBook.open(store, projectOne, () => now)).nextEnd(),
	},
	{
		kind: 'session/<project>',
		in: 'node/worker/session-book.ts',
		at: `session/${projectOne}/a`,
		samples: [
			{
				...{ id: 's', role: 'coder', agent: 'claude', runtime: 'claude-code', isThere: true, words: 0 },
				...{ counted: totals, used: { costUsd: 1, turns: 2, seconds: 3 } },
			},
		],
		read: (store) => new SessionBook(store, projectOne).get('a'),
	},
	{
		kind: 'look/<project>',
		at: `look/${projectOne}/a`,
		samples: [
			{
				...{ id: 's', role: 'qa', agent: 'quinn', runtime: 'codex', isThere: true, words: 0, counted: totals },
				used: { costUsd: 1, turns: 2, seconds: 3 },
				look: { commit: 'c', before: 1, head: 'c', refs: 'r', diff: 'd' },
			},
		],
		read: (store) => new SessionBook(store, projectOne, 'look').get('a'),
	},
	{
		kind: 'spent/<project>',
		in: 'node/worker/spent-book.ts',
		at: `spent/${projectOne}/a/1.2`,
		samples: [[{ agent: 'claude', usage: { ...totals, seconds: 1 } }]],
		read: (store) =>
			new SpentBook(store, projectOne).of({ item: { key: 'a' }, agent: 'claude', token: [1, 2] } as never),
	},
	{ kind: 'stuck/<project>', at: `stuck/${projectOne}/x#1`, samples: [true], read: settlementOn },
	{
		kind: 'gateway/board',
		at: 'gateway/board',
		samples: [
			{ publicUrl: 'https://board.example/x', behindProxy: true, trustedProxies: ['10.0.0.0/8'], lan: ['192.0.2.1'] },
		],
		read: (store) => readSettings(store),
	},
	{
		kind: 'gateway/session',
		at: 'gateway/session/s0123456789ab',
		samples: [session],
		read: async (store) => (await Sessions.open(store, clock, new SimLog())).list(),
	},
	{
		kind: 'gateway/notify/ntfy',
		at: 'gateway/notify/ntfy',
		samples: [{ url: 'https://ntfy.example/topic', token: null }],
		read: notifierOn,
	},
	{ kind: 'gateway/notify/told', at: 'gateway/notify/told', samples: [{ 'a 1': 'x' }], read: notifierOn },
	{
		kind: 'gateway/container',
		at: 'gateway/container/shop',
		samples: [container],
		read: async (store) => (await ContainerRecords.open(store)).all(),
	},
	{
		kind: 'gateway/place',
		in: 'gateway/machines/places.ts',
		at: 'gateway/place/shop',
		samples: [place],
		read: async (store) => (await Places.open(store)).all(),
	},
];
