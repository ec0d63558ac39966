/**
 * The gateway of this machine as a process: whether there is one, that it runs, that it ends. It is made by whoever needs
 * it first (a token, `gateway start`); its key in the state folder says from then on that this machine has one.
 */
import { access } from 'node:fs/promises';
import { pause } from '../../shared/ports/clock.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { ApiFile } from '../../shared/project/api-file.ts';
import { clientOf, findGateway } from './client.ts';
import type { Session } from './session.ts';
import { startGateway } from './start-process.ts';

const goneWithinMs = 20_000;

/** Whether this machine has a gateway, running or not. */
export function hasGateway({ state }: Session): Promise<boolean> {
	return access(state.gateway.identity).then(
		() => true,
		() => false,
	);
}

/** Whether this machine's node belongs to a mesh. */
export function isMember({ state }: Session): Promise<boolean> {
	return access(state.mesh).then(
		() => true,
		() => false,
	);
}

/** The running gateway of this machine; starts it, or makes it, where none runs. */
export async function ensureGateway(session: Session): Promise<{ readonly note: ApiFile; readonly started: boolean }> {
	const running = await findGateway(session.state, session.context.programs);
	if (running !== null) return { note: running, started: false };
	const isThere = await hasGateway(session);
	if (!isThere && (await isMember(session))) {
		throw ganglineError('REFUSED', 'this machine belongs to a mesh already, whose gateway is another machine', {
			hint: 'which one it is: gangline mesh',
		});
	}
	session.out.message(isThere ? 'starting the gateway …' : 'making this machine the gateway of a mesh …');
	return { note: await startGateway(session), started: true };
}

/**
 * Ends it; done only when the kernel shows the process no more. Null where none ran. `afterCtrlC`: that is why it is
 * stopped, and does not end the waiting.
 */
export async function stopGateway(
	session: Session,
	{ afterCtrlC = false } = {},
): Promise<{ readonly pid: number } | null> {
	const { context, state } = session;
	const note = await findGateway(state, context.programs);
	if (note === null) return null;
	await clientOf(note, 'gateway').call('gateway.stop', {});
	const deadline = context.clock.monotonic() + goneWithinMs;
	while (await context.programs.lives(note)) {
		if (context.clock.monotonic() >= deadline) {
			const what = `the gateway (pid ${note.pid}) still lives after ${goneWithinMs / 1000} s`;
			throw ganglineError('PROCESS_NOT_STOPPED', what, {
				hint: `its log says what it waits for: ${state.gateway.log}`,
			});
		}
		await pause(context.clock, 50, afterCtrlC ? undefined : context.interrupted);
	}
	return { pid: note.pid };
}
