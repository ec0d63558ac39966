/** Answers what is asked about logins of browsers and about where the board can be reached. */
import type { Args, BoardStatus, Caller, HandlersAt, Result, SessionView } from '../../shared/operations/index.ts';
import { mayAsk } from '../../shared/operations/index.ts';
import { type GanglineError, ganglineError } from '../../shared/ports/index.ts';
import type { SessionRecord } from '../board/index.ts';
import { ownAddresses } from '../builds/index.ts';
import type { GatewayParts } from '../context.ts';
import { readHosts } from '../listening.ts';
import { personOf } from './named.ts';

type Names = 'session.self' | 'session.link' | 'session.list' | 'session.revoke' | 'board.status' | 'board.open';

export function sessionHandlers(parts: GatewayParts): Pick<HandlersAt<'gateway'>, Names> {
	const { board, mesh, config, version } = parts;
	return {
		'session.self': async (_, caller) => {
			const session = board.sessions.list().find(({ id }) => id === caller.session);
			return {
				...{ person: caller.person, access: caller.access, version },
				session: caller.session ?? null,
				expiresAt: session?.expiresAt ?? null,
				gateway: mesh.facts().nodes[mesh.self]?.name ?? config.name,
				board: await statusOf(parts),
			};
		},
		'session.link': (args, caller) => link(parts, args, caller),
		'session.list': async (_, caller) => ({
			sessions: board.sessions
				.list()
				.filter(({ person }) => maySee(caller, person))
				.map((session) => sessionView(session, caller)),
		}),
		'session.revoke': async ({ id }, caller) => {
			// Whose sessions one may not see, one is not told of either.
			const session = board.sessions.list().find((one) => one.id === id && maySee(caller, one.person));
			if (session === undefined) throw unknownSession(id);
			await board.sessions.revoke(session);
			const view = sessionView(session, caller);
			return { session: view, answer: `${session.id} of ${session.person} is logged out` };
		},
		'board.status': () => statusOf(parts),
		'board.open': (args) => open(parts, args),
	};
}

async function link(
	parts: GatewayParts,
	{ person: wanted, on, minutes }: Args<'session.link'>,
	caller: Caller,
): Promise<Result<'session.link'>> {
	const { board, random, clock, log } = parts;
	const id = wanted ?? caller.person;
	if (id !== caller.person && !mayAsk(caller.access, 'owner')) {
		throw ganglineError('FORBIDDEN', `a link for ${id} is made by an owner, ${caller.person} has ${caller.access}`);
	}
	const person = personOf(parts, id);
	const status = await statusOf(parts);
	const base = on === 'phone' ? phoneUrl(status) : status.url;
	const code = board.codes.make({ person: id, on, by: caller.person }, minutes, random);
	log.info('session.link', { person: id, by: caller.person, on });
	return {
		url: `${base}login#${code}`,
		...{ person: id, access: person.access, board: status },
		expiresAt: clock.now() + minutes * 60_000,
		warning: base.startsWith('https:') || on === 'browser' ? null : inTheClear,
	};
}

const inTheClear =
	'in the clear: whoever can listen in this network sees what you see there, and could act as you until the session ends';

/** @throws GanglineError REFUSED */
function phoneUrl({ publicUrl, lan, offers }: BoardStatus): string {
	const [near] = lan;
	if (publicUrl !== null) return withSlash(publicUrl);
	if (near !== undefined) return withSlash(near);
	const [offer] = offers;
	throw ganglineError('REFUSED', 'the board listens on this machine alone, where no phone reaches it', {
		hint:
			offer === undefined
				? 'connect this machine to a network, then: gangline phone --listen <address>'
				: `open it in the clear for this network: gangline phone --listen ${offer}`,
		data: { offers },
	});
}

async function open(parts: GatewayParts, args: Args<'board.open'>): Promise<Result<'board.open'>> {
	const { board } = parts;
	const { publicUrl, behindProxy, trustedProxies, lan } = args;
	await board.change({
		...(publicUrl === undefined ? {} : { publicUrl }),
		...(behindProxy === undefined ? {} : { behindProxy }),
		...(trustedProxies === undefined ? {} : { trustedProxies }),
		...(lan === undefined ? {} : { lan: (await readHosts(lan)).map(({ host }) => host) }),
	});
	const status = await statusOf(parts);
	return { board: status, answer: wordsOf(status) };
}

function wordsOf({ url, publicUrl, lan }: BoardStatus): string {
	const parts = [
		...(publicUrl === null ? [] : [`through your proxy at ${publicUrl}`]),
		...lan.map((one) => `in the clear at ${one}`),
	];
	return parts.length === 0 ? `this machine alone reaches the board, at ${url}` : `the board is ${parts.join(', ')}`;
}

async function statusOf({ board }: GatewayParts): Promise<BoardStatus> {
	const { publicUrl, behindProxy, trustedProxies, lan } = board.settings;
	return {
		url: `${board.localOrigin}/`,
		publicUrl,
		behindProxy,
		trustedProxies: [...trustedProxies],
		lan: [...board.lanOrigins],
		offers: ownAddresses().filter((address) => !lan.includes(address)),
		trouble: await board.trouble(),
	};
}

function withSlash(url: string): string {
	return url.endsWith('/') ? url : `${url}/`;
}

function maySee(caller: Caller, person: string): boolean {
	return caller.person === person || mayAsk(caller.access, 'owner');
}

function unknownSession(id: string): GanglineError {
	return ganglineError('NOTHING_TO_SHOW', `no session is called ${JSON.stringify(id)}`, {
		hint: 'gangline session list',
	});
}

function sessionView(session: SessionRecord, caller: Caller): SessionView {
	const { id, person, on, browser, from, createdAt, seenAt, expiresAt } = session;
	return { id, person, on, browser, from, createdAt, seenAt, expiresAt, current: id === caller.session };
}
