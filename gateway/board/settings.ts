/**
 * What a person has decided about who can reach the board: the address that a reverse proxy shows it at, and addresses
 * of this machine where it listens in the clear for phones nearby. Kept in the gateway's store; both are off at first.
 */
import { z } from 'zod';
import { trustedProxiesSchema } from '../../shared/operations/session-operations.ts';
import type { Store } from '../../shared/ports/index.ts';
import { soundRecord } from '../../shared/store/index.ts';
import { hostsMax } from '../listening.ts';
import type { BoardSettings } from './doors.ts';

const key = 'gateway/board';
const settingsSchema = z.object({
	publicUrl: z.url().nullable(),
	behindProxy: z.boolean(),
	/** Of a version that knew none, none. */
	trustedProxies: trustedProxiesSchema.default([]),
	/** Numeric addresses of this machine. */
	lan: z.array(z.string().max(64)).max(hostsMax),
});
export type StoredSettings = z.output<typeof settingsSchema> & BoardSettings;

const nothing: StoredSettings = { publicUrl: null, behindProxy: false, trustedProxies: [], lan: [] };

/** @throws GanglineError STORE_DAMAGED */
export async function readSettings(store: Store): Promise<StoredSettings> {
	const kept = await store.get(key);
	return kept === undefined ? nothing : soundRecord(settingsSchema, key, kept);
}

export async function writeSettings(store: Store, settings: StoredSettings): Promise<void> {
	await store.write([{ kind: 'put', key, value: { ...settings } }]);
}
