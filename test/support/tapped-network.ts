/** A network that notes what its node sends on the sync protocol, frame by frame. */
import { decodeMessage, type Message } from '../../shared/mesh/sync/wire.ts';
import type { Channel, MeshProtocol, Network } from '../../shared/ports/index.ts';

export interface SentFrame {
	readonly message: Message;
	readonly bytes: number;
}

export function tapNetwork(network: Network, sent: SentFrame[]): Network {
	const tap = (channel: Channel): Channel => ({
		peer: channel.peer,
		protocol: channel.protocol,
		send: (frame) => {
			sent.push({ message: decodeMessage(frame).message, bytes: frame.byteLength });
			return channel.send(frame);
		},
		frames: () => channel.frames(),
		close: () => channel.close(),
		abort: (reason) => channel.abort(reason),
	});
	return {
		self: network.self,
		addresses: () => network.addresses(),
		dial: (peer) => network.dial(peer),
		open: async (node, protocol: MeshProtocol) => tap(await network.open(node, protocol)),
		handle: (protocol, take) => network.handle(protocol, (channel) => take(tap(channel))),
		links: () => network.links(),
		subscribe: (listener) => network.subscribe(listener),
		cutOff: (node, reason) => network.cutOff(node, reason),
		review: () => network.review(),
		[Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
	};
}
