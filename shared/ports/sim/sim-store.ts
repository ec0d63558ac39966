/**
 * The twin of the store: the real store over memory that fails on demand (sim-disk.ts). Crash the disk, then open it
 * again, to see what a restarted process would see.
 */
import { openOnDisk } from '../../store/index.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store.ts';
import { SimDisk } from './sim-disk.ts';
import { SimLog } from './sim-log.ts';

/** Opens the store on `disk` (default: a new one), verified as the real one is. */
export async function openSimStore(disk = new SimDisk(), options: { readonly log?: Log } = {}): Promise<Store> {
	return openOnDisk(disk.open(), options.log ?? new SimLog());
}
