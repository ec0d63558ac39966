/**
 * Whose word counts about who asks. X-Forwarded-For is a header like any other: whoever reaches the port can send it, and
 * with a new address in each request would pass every bound that is per address. So it is believed from this machine, and
 * from the proxies elsewhere that a person has named.
 */
import { BlockList, isIP } from 'node:net';

const loopback = ['127.0.0.0/8', '::1'] as const;
const addressCharactersMax = 64;

/** Whether the peer of a socket is this machine or one of `trusted` (addresses, or networks such as `10.0.0.0/8`). */
export function isTrusted(address: string, trusted: readonly string[]): boolean {
	const family = isIP(address);
	return family !== 0 && listOf(trusted).check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Who asks through proxies: the last address in the header that is none of them, because what stands before it is only
 * what that one has said. The first, where all are.
 */
export function lastStranger(header: string, trusted: readonly string[]): string | undefined {
	const addresses = header
		.split(',')
		.map((one) => one.trim().slice(0, addressCharactersMax))
		.filter((one) => one !== '');
	return addresses.findLast((one) => !isTrusted(one, trusted)) ?? addresses[0];
}

/** Made for each question: the list is short, and asked when somebody logs in or opens a page. */
function listOf(trusted: readonly string[]): BlockList {
	const list = new BlockList();
	for (const one of [...loopback, ...trusted]) {
		const [address = '', bits] = one.split('/', 2);
		const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
		if (bits === undefined) list.addAddress(address, family);
		else list.addSubnet(address, Number(bits), family);
	}
	return list;
}
