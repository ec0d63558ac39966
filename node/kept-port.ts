/**
 * The ports at which other nodes find this one, kept over restarts: an address that somebody noted, or a firewall that
 * lets one port through, stays right. A port that another program has taken meanwhile is given up for a free one, and
 * that is said.
 */
import { z } from 'zod';
import { GanglineError, type Log, type Store } from '../shared/ports/index.ts';

const portSchema = z.int().min(1).max(65_535).nullable().catch(null);

export interface KeptPort<Opened> {
	/** Which of the node's doors; each has a port of its own. */
	readonly door: 'loopback' | 'outside';
	/** 0 is any free one. Throws PORT_IN_USE. */
	readonly open: (port: number) => Promise<Opened>;
	/** Where others can dial, as multiaddrs. */
	readonly addressesOf: (opened: Opened) => readonly string[];
}

/** Opens at the port of the last time, or at a free one, which is the one of the next time. */
export async function openAtKeptPort<Opened>(
	{ store, log }: { readonly store: Pick<Store, 'get' | 'write'>; readonly log: Log },
	{ door, open, addressesOf }: KeptPort<Opened>,
): Promise<Opened> {
	const key = `mesh/port/${door}`;
	const kept = portSchema.parse((await store.get(key)) ?? null);
	const opened = kept === null ? await open(0) : await openOrElsewhere(kept);
	const port = Number(/\/tcp\/(\d+)$/.exec(addressesOf(opened)[0] ?? '')?.[1] ?? 0);
	if (port !== 0 && port !== kept) await store.write([{ kind: 'put', key, value: port }]);
	return opened;

	async function openOrElsewhere(last: number): Promise<Opened> {
		try {
			return await open(last);
		} catch (error) {
			if (!(error instanceof GanglineError) || error.code !== 'PORT_IN_USE') throw error;
			log.warn('mesh.portTaken', {
				door,
				port: last,
				next: 'another port is taken; other nodes are told by the gateway',
			});
			return open(0);
		}
	}
}
