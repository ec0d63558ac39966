/**
 * Joining: tries each address of the token until one answers, shows the secret there, and keeps what came back: the
 * membership in its file, the registry in the store. Said of each address: what came of it.
 */
import { type Membership, openLibp2pNetwork, writeMembership } from '../shared/mesh/index.ts';
import { type Joined, type JoinToken, type JoinWish, joinMesh } from '../shared/mesh/join/index.ts';
import type { AddressOutcome } from '../shared/operations/index.ts';
import { GanglineError, ganglineError, type Network } from '../shared/ports/index.ts';
import type { NodeParts } from './compose.ts';

export interface Joining {
	readonly token: JoinToken;
	readonly wish: JoinWish;
}

export interface BecameMember {
	readonly joined: Joined;
	readonly membership: Membership;
	readonly outcomes: readonly AddressOutcome[];
}

/** @throws GanglineError JOIN_REFUSED, PEER_UNREACHABLE with `outcomes` of all addresses in its data */
export async function becomeMember(parts: NodeParts, { token, wish }: Joining): Promise<BecameMember> {
	const { identity, clock, log, config, version } = parts;
	const gatewayKey = Buffer.from(token.gateway.publicKey);
	await using network = await openLibp2pNetwork({
		...{ identity, clock, log },
		admission: (key) => (gatewayKey.equals(key) ? 'member' : 'refused'),
		listen: [],
	});
	const outcomes = await reach(network, token);
	const joined = await ask({ outcomes }, () =>
		joinMesh({ network, clock, token, hostName: config.name, wish, addresses: [], version }),
	);
	const { membership } = joined;
	await writeMembership(config.state.mesh, membership);
	log.info('mesh.joined', { mesh: membership.mesh, as: joined.node.name, gateway: membership.gateway.node });
	return { joined, membership, outcomes: outcomes.map((one) => (one.outcome === 'reached' ? asJoined(one) : one)) };
}

/** Dials the addresses one by one; the first that answers ends it. */
async function reach(network: Network, { gateway }: JoinToken): Promise<readonly AddressOutcome[]> {
	const outcomes: AddressOutcome[] = [];
	let reached = false;
	for (const address of gateway.addresses) {
		if (reached) {
			outcomes.push({ address, outcome: 'notTried', words: `${address}: not tried, another one answered` });
			continue;
		}
		try {
			await network.dial({ ...gateway, addresses: [address] });
			reached = true;
			outcomes.push({ address, outcome: 'reached', words: `${address}: the gateway answers` });
		} catch (error) {
			const words = error instanceof GanglineError ? error.message : String(error);
			outcomes.push({ address, outcome: 'unreachable', words: `${address}: ${words}` });
		}
	}
	if (reached) return outcomes;
	throw ganglineError('PEER_UNREACHABLE', 'the gateway answers at none of the addresses in the token', {
		hint: 'let it listen where this machine can reach it (there: gangline gateway listen <address>), and make a new token',
		data: { outcomes },
	});
}

async function ask<T>(data: { readonly outcomes: readonly AddressOutcome[] }, step: () => Promise<T>): Promise<T> {
	try {
		return await step();
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		const { code, message, hint } = error;
		throw ganglineError(code, message, {
			...(hint === undefined ? {} : { hint }),
			data: { ...error.data, ...data },
			cause: error,
		});
	}
}

const asJoined = (one: AddressOutcome): AddressOutcome => ({
	...one,
	outcome: 'joined',
	words: `${one.address}: joined`,
});
