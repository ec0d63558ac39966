/**
 * Becoming a member: dials the gateway that the token names, proves the own key by the connection, shows the secret to
 * that gateway alone, and takes the signed registry. It may be repeated with the same token after an answer was lost.
 */

import { parseJson } from '../../log/index.ts';
import { type Channel, type Clock, GanglineError, ganglineError, type Network } from '../../ports/index.ts';
import { readAs } from '../../ports/read-as.ts';
import type { MeshNode } from '../../registry/index.ts';
import type { Membership } from '../membership.ts';
import {
	encode,
	type JoinAnswer,
	type JoinRequest,
	type JoinWish,
	joinAnswerSchema,
	joinMsMax,
	registryBytesMax,
} from './messages.ts';
import type { JoinToken } from './token.ts';

export interface JoinOptions {
	/** Must admit the gateway's key. */
	readonly network: Network;
	readonly clock: Clock;
	readonly token: JoinToken;
	readonly hostName: string;
	readonly wish: JoinWish;
	/** Where others will be able to dial this node. */
	readonly addresses: readonly string[];
	readonly version: string;
}

export interface Joined {
	readonly membership: Membership;
	readonly node: MeshNode;
	readonly gatewayName: string;
	readonly gatewayVersion: string;
	/** It was a member before; nothing has changed. */
	readonly already: boolean;
	/** For `RegistryDocument.apply`; not verified yet. */
	readonly registry: Uint8Array;
}

/**
 * @throws GanglineError JOIN_REFUSED (the message says why), PEER_UNREACHABLE with what each address said, PEER_GONE
 * when the connection broke on the way: then nobody knows, and the same is tried again.
 */
export async function joinMesh(options: JoinOptions): Promise<Joined> {
	const { network, clock, token } = options;
	await reach(network, token);
	const channel = await network.open(token.gateway.node, '/gangline/join/1');
	const cancel = clock.after(joinMsMax, () => channel.abort(`no answer within ${joinMsMax / 1000} s`));
	try {
		await channel.send(encode(requestOf(options)));
		const { answer, registry } = await readAnswer(channel);
		await channel.close();
		const { node, already, gatewayName, version } = answer;
		const membership = { mesh: token.mesh, gateway: token.gateway };
		return { membership, node, gatewayName, gatewayVersion: version, already, registry };
	} finally {
		cancel();
	}
}

/** A gateway that expects nobody ends the connection of a stranger without a word. */
async function reach(network: Network, token: JoinToken): Promise<void> {
	try {
		await network.dial(token.gateway);
	} catch (error) {
		if (!(error instanceof GanglineError) || error.code !== 'PEER_UNREACHABLE') throw error;
		throw ganglineError('PEER_UNREACHABLE', error.message, {
			hint: 'can this machine reach the gateway, and is the token still open? There: gangline token list',
			data: error.data,
			cause: error,
		});
	}
}

function requestOf({ token, hostName, wish, addresses, version }: JoinOptions): JoinRequest {
	const secret = Buffer.from(token.secret).toString('base64url');
	return { v: 1, mesh: token.mesh, secret, hostName, wish, addresses: [...addresses], version };
}

interface Accepted {
	readonly answer: Extract<JoinAnswer, { kind: 'joined' }>;
	readonly registry: Uint8Array;
}

async function readAnswer(channel: Channel): Promise<Accepted> {
	let answer: Accepted['answer'] | null = null;
	const chunks: Uint8Array[] = [];
	let missing = 0;
	for await (const frame of channel.frames()) {
		if (answer === null) {
			answer = parseAnswer(frame);
			missing = answer.registryBytes;
		} else {
			chunks.push(frame);
			missing -= frame.byteLength;
		}
		if (missing <= 0) break;
	}
	if (answer === null || missing !== 0) {
		throw ganglineError('PEER_GONE', 'the gateway ended the connection before it had answered', {
			hint: 'try the same again: joining twice with one token is joining once',
		});
	}
	return { answer, registry: new Uint8Array(Buffer.concat(chunks)) };
}

function parseAnswer(frame: Uint8Array): Accepted['answer'] {
	const answer = readAs(joinAnswerSchema, json(frame)).data;
	if (answer === undefined || (answer.kind === 'joined' && answer.registryBytes > registryBytesMax)) {
		throw ganglineError('MALFORMED', 'the gateway answered in a way that this version does not know', {
			hint: 'both must be of one version: use the line that `gangline token new` prints',
		});
	}
	if (answer.kind === 'joined') return answer;
	throw ganglineError('JOIN_REFUSED', answer.message, {
		...(answer.hint === null ? {} : { hint: answer.hint }),
		data: { reason: answer.reason },
	});
}

function json(frame: Uint8Array): unknown {
	try {
		return parseJson(Buffer.from(frame).toString('utf8'));
	} catch {
		return null;
	}
}
