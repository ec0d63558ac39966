/**
 * Logins over the mesh: one channel each, to whoever can take them on. What goes through is OpenSSH's own, sealed between
 * its two ends; here nothing of it is looked at. Who opens one is judged by the one who is asked, from the registry.
 */
import {
	type Channel,
	type Clock,
	GanglineError,
	ganglineError,
	type Log,
	type Network,
	type NodeId,
	type Peer,
} from '../../ports/index.ts';
import { deadline, orAborted } from '../deadline.ts';
import { type ByteEnd, bridge, channelEnd } from './byte-end.ts';
import { decodeHead, encodeHead, encodeOpen, encodeRefusal, requireOpen, type TunnelHead } from './messages.ts';

const protocol = '/gangline/ssh/1';

/** A container that sleeps is started first. */
const answerMsMax = 60_000;
/** Who has opened a channel says at once what for. */
const headMsMax = 10_000;
/** An sshd of ours and our own clients give signs of life every minute or oftener. */
export const tunnelIdleMsMax = 10 * 60_000;
/** An editor opens a handful. */
const tunnelsOfPeerMax = 32;
const tunnelsMax = 128;

export interface OpenedTunnel {
	readonly end: ByteEnd;
	/** Ends it: rights that are gone, a process that stops. */
	readonly signal?: AbortSignal;
	/** Called once, when it has ended. */
	readonly ended?: () => void;
}

export interface TunnelOptions {
	readonly network: Pick<Network, 'open' | 'handle' | 'cutOff'>;
	readonly clock: Clock;
	readonly log: Log;
}

/** @throws GanglineError what the other side refused it with, PEER_GONE, PEER_UNREACHABLE */
export async function openTunnel(
	{ network, clock }: Pick<TunnelOptions, 'network' | 'clock'>,
	node: NodeId,
	head: TunnelHead,
): Promise<ByteEnd> {
	const channel = await network.open(node, protocol);
	const late = () =>
		ganglineError('PEER_UNREACHABLE', `${node} did not say within ${answerMsMax / 1000} s that it is open`);
	using limit = deadline(clock, { ms: answerMsMax, late });
	const frames = channel.frames()[Symbol.asyncIterator]();
	try {
		await channel.send(encodeHead(head));
		const first = await orAborted(frames.next(), limit.signal);
		if (first.done) throw ganglineError('PEER_GONE', `${node} ended it without a word`);
		requireOpen(first.value);
		return channelEnd(channel, frames);
	} catch (error) {
		channel.abort('it was not opened');
		throw asToldBy(node, error);
	}
}

/** What a peer says, or says wrongly, is no fault of whoever wanted it opened. */
function asToldBy(node: NodeId, error: unknown): unknown {
	if (!(error instanceof GanglineError) || error.disposition !== 'peer') return error;
	return ganglineError('REFUSED', `${node} did not open it: ${error.message}`, { cause: error });
}

/** Takes what others open, once per network. `open` decides by registry and peer; what it throws is told to the peer. */
export function serveTunnels(
	options: TunnelOptions,
	open: (head: TunnelHead, peer: Peer) => Promise<OpenedTunnel>,
): void {
	const served = new Map<NodeId, number>();
	const countOf = (node: NodeId): number => served.get(node) ?? 0;
	options.network.handle(protocol, (channel) => {
		const { node } = channel.peer;
		const all = [...served.values()].reduce((sum, count) => sum + count, 0);
		if (countOf(node) >= tunnelsOfPeerMax || all >= tunnelsMax) {
			channel.abort('too many are open');
			return;
		}
		served.set(node, countOf(node) + 1);
		void serve(options, channel, open).finally(() => {
			if (countOf(node) <= 1) served.delete(node);
			else served.set(node, countOf(node) - 1);
		});
	});
}

async function serve(
	{ network, clock, log }: TunnelOptions,
	channel: Channel,
	open: (head: TunnelHead, peer: Peer) => Promise<OpenedTunnel>,
): Promise<void> {
	const { node } = channel.peer;
	try {
		const frames = channel.frames()[Symbol.asyncIterator]();
		const head = await readHead(clock, frames);
		const opened = await open(head, channel.peer);
		try {
			await channel.send(encodeOpen());
			log.info('ssh.opened', { peer: node, project: head.project, person: head.person });
			await bridge(channelEnd(channel, frames), opened.end, { ...opened, clock, idleMsMax: tunnelIdleMsMax });
		} catch (error) {
			opened.end.abort('its other side is gone');
			log.info('ssh.broke', { peer: node, project: head.project, why: wordsOf(error) });
		} finally {
			opened.ended?.();
		}
	} catch (error) {
		await refuse(channel, error);
		if (!(error instanceof GanglineError)) log.error('ssh.failed', { peer: node, error });
		else log.info('ssh.refused', { peer: node, code: error.code, why: error.message });
		if (error instanceof GanglineError && error.disposition === 'peer') network.cutOff(node, error.message);
	}
}

async function readHead(clock: Clock, frames: AsyncIterator<Uint8Array>): Promise<TunnelHead> {
	const late = () =>
		ganglineError('MALFORMED', `nothing was said within ${headMsMax / 1000} s of what a login is wanted for`);
	using limit = deadline(clock, { ms: headMsMax, late });
	const first = await orAborted(frames.next(), limit.signal);
	if (first.done) throw ganglineError('PEER_GONE', 'it was ended before anything was said');
	return decodeHead(first.value);
}

/** Whoever reads nothing is not waited for. */
async function refuse(channel: Channel, error: unknown): Promise<void> {
	try {
		await channel.send(encodeRefusal(error));
		await channel.close();
	} catch {
		channel.abort('it was refused');
	}
}

function wordsOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
