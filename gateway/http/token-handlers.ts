/** Answers what is asked about join tokens: making one with the line to paste, looking at them, making one useless. */
import { formatToken } from '../../shared/mesh/join/index.ts';
import type { Args, Caller, HandlersAt, Result } from '../../shared/operations/index.ts';
import { ownAddresses, pasteLine } from '../builds/index.ts';
import type { GatewayParts } from '../context.ts';
import type { TokenWish } from '../registry/index.ts';
import { personOf, projectNamed } from './named.ts';
import { tokenView } from './views.ts';

type Names = 'token.create' | 'token.list' | 'token.revoke';

export function tokenHandlers(parts: GatewayParts): Pick<HandlersAt<'gateway'>, Names> {
	const { tokens, log } = parts;
	return {
		'token.create': (args, caller) => create(parts, args, caller),
		'token.list': async () => ({ tokens: tokens.list().map((token) => tokenView(parts, token)) }),
		'token.revoke': async ({ id }) => {
			const token = await tokens.revoke(id);
			parts.mesh.network.review();
			log.info('token.revoked', { id });
			return { token: tokenView(parts, token), answer: `nobody can join with ${id} any more` };
		},
	};
}

async function create(
	parts: GatewayParts,
	args: Args<'token.create'>,
	caller: Caller,
): Promise<Result<'token.create'>> {
	const { mesh, tokens, random, clock, builds, log } = parts;
	const { gateway } = mesh.membership;
	const build = args.build ? await builds.current() : null;
	const { token, secret } = await tokens.create(wishOf(parts, args, caller), random);
	const addresses = [...mesh.network.addresses()];
	const text = formatToken({
		mesh: mesh.membership.mesh,
		gateway: { ...gateway, addresses },
		secret,
		build: build?.sha256 ?? null,
	});
	log.info('token.created', { id: token.id, by: caller.person, duties: token.duties, uses: token.uses });
	const onlyLoopback = addresses.every(isLoopback);
	// A duty that a machine has only when it says so itself is said in the line that is pasted there.
	const options = token.duties.includes('provision') ? ['--provision'] : [];
	return {
		line:
			build === null
				? ['gangline join', text, ...options].join(' ')
				: pasteLine({ token: text, build, urls: builds.urls(), options }),
		token: text,
		id: token.id,
		expiresAt: clock.now() + args.minutes * 60_000,
		addresses,
		offers: onlyLoopback ? [...ownAddresses()] : [],
		warning: onlyLoopback
			? 'only this machine can join: the gateway listens on loopback alone; gangline gateway listen <address> opens it'
			: null,
	};
}

function wishOf(parts: GatewayParts, args: Args<'token.create'>, caller: Caller): TokenWish {
	if (args.person !== null) personOf(parts, args.person);
	const isHome = args.homeFor.length > 0 && !args.duties.includes('home');
	return {
		name: args.name ?? null,
		duties: isHome ? [...args.duties, 'home'] : args.duties,
		worksFor: args.worksFor === 'any' ? 'any' : args.worksFor.map((name) => projectNamed(parts, name).id),
		homeFor: args.homeFor,
		person: args.person,
		slots: args.slots ?? null,
		labels: args.labels,
		uses: args.uses,
		createdBy: caller.person,
		expiresAt: parts.clock.now() + args.minutes * 60_000,
	};
}

export function isLoopback(address: string): boolean {
	return /^\/(?:ip4\/127\.|ip6\/::1\/|dns4\/localhost\/)/.test(address);
}
