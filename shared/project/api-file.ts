/**
 * The note that a running node leaves in its state folder, 0600: where it answers and how to prove that one may ask.
 * A pid alone may be reused, so the note names the process by (boot, pid, start time): who reads it believes it only
 * while the kernel shows exactly that process.
 */
import { z } from 'zod';

/** Where a node answers on 127.0.0.1 unless GANGLINE_PORT says otherwise. */
export const nodePortDefault = 7420;
/** Where the gateway's HTTP answers on 127.0.0.1 unless GANGLINE_GATEWAY_PORT says otherwise. */
export const gatewayPortDefault = 7430;
/** Where the gateway listens for other nodes unless GANGLINE_MESH_PORT says otherwise. */
export const meshPortDefault = 7431;
/** Where machines that join fetch their build unless GANGLINE_BUILDS_PORT says otherwise. */
export const buildsPortDefault = 7432;

export const apiFileSchema = z.object({
	url: z.string().regex(/^http:\/\/[^/]+$/),
	token: z.string().min(32),
	pid: z.int().min(1),
	/** Field 22 of /proc/<pid>/stat. */
	startTicks: z.int().min(0),
	/** /proc/sys/kernel/random/boot_id */
	bootId: z.string(),
	startedAt: z.number(),
	version: z.string(),
});
export type ApiFile = z.output<typeof apiFileSchema>;

/** What of /proc/<pid>/stat tells whether it is the same process and lives; null for text of another shape. */
export function readProcessStat(stat: string): { readonly state: string; readonly startTicks: number } | null {
	// The second field is the program's name in parentheses and may itself contain spaces and parentheses.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	const state = fields[0];
	const startTicks = Number(fields[19]);
	return state && Number.isSafeInteger(startTicks) && fields.length > 19 ? { state, startTicks } : null;
}
