/**
 * The gateway's side of joining. It is the only thing a stranger can speak to, so it reads one small frame within a few
 * seconds, answers once and ends; a stranger who guesses is told `wrong` at first, and soon nothing at all. Whoever
 * knows a secret is never made to wait because others guess.
 */

import { parseJson } from '../../log/index.ts';
import { type Channel, type Clock, GanglineError, type Log, type Network, type Peer } from '../../ports/index.ts';
import { readAs } from '../../ports/read-as.ts';
import type { MeshNode } from '../../registry/index.ts';
import {
	chunkBytes,
	encode,
	type JoinAnswer,
	type JoinRequest,
	joinMsMax,
	joinRefusals,
	joinRequestSchema,
	requestBytesMax,
} from './messages.ts';

export interface JoinService {
	readonly network: Network;
	readonly clock: Clock;
	readonly log: Log;
	readonly version: string;
	/** Takes the joiner in, durably. @throws GanglineError JOIN_REFUSED with `data.reason` */
	readonly admit: (request: JoinRequest, peer: Peer) => Promise<Admitted>;
}

export interface Admitted {
	readonly node: MeshNode;
	readonly already: boolean;
	readonly gatewayName: string;
	/** The signed registry that has the node. */
	readonly registry: Uint8Array;
}

/** Joiners that are read at once, as many as the network lets strangers in; others are hung up on and try again. */
const joinersMax = 64;
/** Wrong secrets that are answered in a minute; further ones are hung up on. */
const wrongPerMinuteMax = 20;
const minuteMs = 60_000;

export function serveJoin(service: JoinService): void {
	const { network, clock } = service;
	const guesses = new GuessLimit(clock);
	let joiners = 0;
	network.handle('/gangline/join/1', (channel) => {
		if (joiners >= joinersMax) {
			channel.abort('too many join at once');
			return;
		}
		joiners += 1;
		void takeOne(service, channel, guesses).finally(() => {
			joiners -= 1;
		});
	});
}

/** Never rejects: what goes wrong with a stranger ends with the stranger's channel. */
async function takeOne(service: JoinService, channel: Channel, guesses: GuessLimit): Promise<void> {
	const { clock, log, network } = service;
	const { peer } = channel;
	const cancel = clock.after(joinMsMax, () => channel.abort('joining took too long'));
	try {
		const request = await readRequest(channel);
		if (request === null) {
			channel.abort('this is no request to join');
			return;
		}
		const admitted = await service.admit(request, peer);
		// From here on it is a member: what it asks next must not be refused.
		network.review();
		await sendAdmitted(service, channel, admitted);
		log.info('join.accepted', { node: peer.node, name: admitted.node.name, already: admitted.already });
	} catch (error) {
		await refuse(service, { channel, guesses, error });
	} finally {
		cancel();
	}
}

async function readRequest(channel: Channel): Promise<JoinRequest | null> {
	for await (const frame of channel.frames()) {
		if (frame.byteLength > requestBytesMax) return null;
		return readAs(joinRequestSchema, json(frame)).data ?? null;
	}
	return null;
}

async function sendAdmitted({ version }: JoinService, channel: Channel, admitted: Admitted): Promise<void> {
	const { node, already, gatewayName, registry } = admitted;
	const answer: JoinAnswer = {
		kind: 'joined',
		node,
		already,
		gatewayName,
		version,
		registryBytes: registry.byteLength,
	};
	await channel.send(encode(answer));
	for (let at = 0; at < registry.byteLength; at += chunkBytes)
		await channel.send(registry.subarray(at, at + chunkBytes));
	await channel.close();
}

interface Refused {
	readonly channel: Channel;
	readonly guesses: GuessLimit;
	readonly error: unknown;
}

async function refuse({ log }: JoinService, { channel, guesses, error }: Refused): Promise<void> {
	const isOurs = error instanceof GanglineError && error.code === 'JOIN_REFUSED';
	const reason = joinRefusals.find((one) => isOurs && one === error.data.reason) ?? 'busy';
	log.warn('join.refused', { node: channel.peer.node, reason, ...(isOurs ? {} : { error }) });
	if (reason === 'wrong' && !guesses.mayAnswer()) {
		channel.abort('too many wrong tokens');
		return;
	}
	const message = isOurs ? error.message : 'the gateway could not take the node in now; its log says why';
	const hint = isOurs ? (error.hint ?? null) : 'try the same again';
	try {
		await channel.send(encode({ kind: 'refused', reason, message, hint } satisfies JoinAnswer));
		await channel.close();
	} catch {
		channel.abort('the joiner is gone');
	}
}

/** How many guesses are answered in a minute. */
class GuessLimit {
	readonly #clock: Clock;
	#since = 0;
	#answered = 0;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	mayAnswer(): boolean {
		const now = this.#clock.monotonic();
		if (this.#answered === 0 || now - this.#since > minuteMs) {
			this.#since = now;
			this.#answered = 0;
		}
		this.#answered += 1;
		return this.#answered <= wrongPerMinuteMax;
	}
}

function json(frame: Uint8Array): unknown {
	try {
		return parseJson(Buffer.from(frame).toString('utf8'));
	} catch {
		return null;
	}
}
