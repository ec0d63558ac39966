/**
 * A node that a provisioner has made brings itself into the mesh: it joins with the token in the file that it was left,
 * takes on the project that it was made for, and removes the file. Tried again until it is so, and at every start, so a
 * container that was cut off anywhere needs nobody.
 */
import { readFile, rm } from 'node:fs/promises';
import { type Handlers, operations } from '../shared/operations/index.ts';
import { type Clock, GanglineError, type Log } from '../shared/ports/index.ts';
import type { NodeConfig } from './config.ts';

export interface ProvisionedParts {
	readonly config: Pick<NodeConfig, 'provisioned' | 'personEnvironment'>;
	readonly clock: Clock;
	readonly log: Log;
}

/** A gateway that starts, or is away for a moment. */
const againMs = 1_000;
/** Nobody needs it more often than that. */
const againMsMax = 30_000;

/** Begins, where there is anything to do; ends with the process. */
export function followProvisioner(parts: ProvisionedParts, handlers: Partial<Handlers>, waitMs = againMs): void {
	if (parts.config.provisioned === null) return;
	void attempt(parts, handlers).catch((error: unknown) => {
		const { code, hint } = error instanceof GanglineError ? error : { code: 'INTERNAL', hint: undefined };
		parts.log.warn('provisioned.notYet', { code, hint, why: error instanceof Error ? error.message : String(error) });
		parts.clock.after(waitMs, () => followProvisioner(parts, handlers, Math.min(againMsMax, waitMs * 2)));
	});
}

async function attempt({ config, log }: ProvisionedParts, handlers: Partial<Handlers>): Promise<void> {
	const { provisioned, personEnvironment } = config;
	const join = handlers['mesh.join'];
	const add = handlers['project.add'];
	if (provisioned === null || join === undefined || add === undefined) return;
	// Nobody sits here; it is the machine itself that asks.
	const caller = { person: personEnvironment.USER ?? 'provisioner', access: 'owner' } as const;
	const token = await readFile(provisioned.joinFile, 'utf8').catch(() => null);
	if (token !== null) {
		await join(operations['mesh.join'].args.parse({ token: token.trim() }), caller);
		log.info('provisioned.joined');
	}
	const { project, added } = await add({ path: provisioned.project }, caller);
	// A secret that the engine brings cannot be removed from inside. It is used up, and joining again changes nothing.
	await rm(provisioned.joinFile, { force: true }).catch((error: unknown) => {
		if (!isReadOnly(error)) throw error;
	});
	log.info('provisioned.ready', { project: project.id, added });
}

function isReadOnly(error: unknown): boolean {
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	return code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code === 'EBUSY';
}
