/** The addresses under which other machines may reach this one, the likeliest first; for offers, nothing is opened. */
import { networkInterfaces } from 'node:os';

/** Numeric addresses of this machine without loopback and link-local ones; IPv4 first, bridges of containers last. */
export function ownAddresses(
	interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): readonly string[] {
	const found = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
		addresses
			.filter(({ internal, address }) => !internal && !/^(?:fe80:|169\.254\.)/i.test(address))
			.map(({ address, family }) => ({ address, rank: (isBridge(name) ? 2 : 0) + (family === 'IPv4' ? 0 : 1) })),
	);
	return found.sort((a, b) => a.rank - b.rank).map(({ address }) => address);
}

function isBridge(name: string): boolean {
	return /^(?:docker|br-|veth|virbr|cni|flannel|podman)/.test(name);
}
