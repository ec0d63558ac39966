/**
 * The look at the kernel before a session of an agent begins, whatever its role: nothing of an earlier one for the same
 * item may live [I5]. What a crash left is ended first; what cannot be ended stops the attempt.
 */
import { ganglineError, type Processes } from '../../shared/ports/index.ts';

/** @throws GanglineError PROCESS_NOT_STOPPED, naming the runs of item `key` that could not be ended */
export async function nobodyElse(processes: Pick<Processes, 'living' | 'sweep'>, key: string): Promise<void> {
	const item = `work-${key.toLowerCase()}-`;
	const others = (await processes.living()).filter((id) => id.startsWith(item));
	if (others.length === 0) return;
	await processes.sweep();
	const left = (await processes.living()).filter((id) => id.startsWith(item));
	if (left.length === 0) return;
	throw ganglineError('PROCESS_NOT_STOPPED', `something of an earlier session still runs: ${left.join(', ')}`, {
		hint: 'end its processes by hand; gangline ps shows what runs',
	});
}
