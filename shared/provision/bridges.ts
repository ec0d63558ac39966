/** What a gateway that begins puts in order for the containers that are there: their way to it, and what keeps them from more. */
import { GanglineError } from '../ports/index.ts';
import type { ContainersOptions } from './containers-options.ts';
import { ensureGuard } from './guard-step.ts';
import type { ContainerRecord } from './records.ts';

/** False: something of it is away, such as an engine that starts later than we do. */
export async function openBridgesOf(options: ContainersOptions, records: readonly ContainerRecord[]): Promise<boolean> {
	const { doors, log } = options;
	const hosts = new Set(records.flatMap(({ gateway }) => gateway ?? []));
	let isWhole = hosts.size === 0 || (await isGuarded(options));
	for (const host of hosts) {
		try {
			await doors.openBridge(host);
		} catch (error) {
			// A network that is gone for good keeps the others' doors no longer shut.
			isWhole = false;
			log.info('container.bridgeAway', { host, why: wordsOf(error) });
		}
	}
	return isWhole;
}

/** True too where the machine takes no rules at all, which is said whenever a project is made. */
async function isGuarded(options: ContainersOptions): Promise<boolean> {
	try {
		await ensureGuard(options, () => undefined);
		return true;
	} catch (error) {
		options.log.warn('container.notGuarded', { why: wordsOf(error) });
		return error instanceof GanglineError && error.code === 'UNSUITABLE_MACHINE';
	}
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
