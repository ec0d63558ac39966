/** Answers about the board and its sessions from memory, for tests of the command line. */
import type { BoardStatus, Handlers, SessionView } from '../../shared/operations/index.ts';

const board: BoardStatus = {
	url: 'http://gangline.localhost:7430/',
	publicUrl: null,
	behindProxy: false,
	trustedProxies: [],
	lan: [],
	offers: ['192.0.2.7'],
	trouble: null,
};

const session: SessionView = {
	id: 's0123456789ab',
	person: 'ada',
	on: 'browser',
	browser: 'Tester',
	from: '127.0.0.1',
	createdAt: 0,
	seenAt: 0,
	expiresAt: 0,
	current: false,
};

/** Remembers nothing: every answer is the same. */
export function tinyBoard(): Partial<Handlers> {
	return {
		'session.self': async (_, { person, access }) => ({
			...{ person, access, board },
			session: null,
			expiresAt: null,
			version: '0.1.0',
			gateway: 'gateway',
		}),
		'session.link': async ({ person = 'ada', on }) => ({
			...{ person, board },
			url: 'http://gangline.localhost:7430/login#secret',
			access: 'owner',
			expiresAt: 0,
			warning: on === 'phone' ? 'in the clear' : null,
		}),
		'session.list': async () => ({ sessions: [session] }),
		'session.revoke': async () => ({ session, answer: 'it is logged out' }),
		'notify.status': async () => ({ ntfy: null, lastSentAt: null, trouble: null }),
		'notify.set': async ({ ntfy }) => {
			const target = ntfy === null ? null : { url: ntfy.url, hasToken: ntfy.token !== null };
			return { notify: { ntfy: target, lastSentAt: null, trouble: null }, answer: 'it is set' };
		},
		'notify.test': async () => ({ answer: 'it is on its way' }),
		'board.status': async () => board,
		'board.open': async ({ lan = [] }) => {
			const status = { ...board, lan: lan.map((host) => `http://${host}:7430`) };
			return { board: status, answer: 'it is open' };
		},
	};
}
