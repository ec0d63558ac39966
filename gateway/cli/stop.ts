/** `gangline stop`: done only when the kernel shows the node's process no more. */
import { pause } from '../../shared/ports/clock.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import { clientOf, findNode } from './client.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';

/** Agents get their grace time, one after the other in the worst case. */
const goneWithinMs = 60_000;

export async function stop(session: Session): Promise<undefined> {
	const { context, state, out } = session;
	const note = await findNode(state, context.programs);
	if (note === null) {
		out.result({ stopped: false, pid: null, stopping: [] }, () => 'no node runs');
		return undefined;
	}
	const answer = await clientOf(note).call('node.stop', {});
	out.message(plainLine(answer.answer));
	const deadline = context.clock.monotonic() + goneWithinMs;
	while (await context.programs.lives(note)) {
		if (context.clock.monotonic() >= deadline) {
			throw ganglineError(
				'PROCESS_NOT_STOPPED',
				`the node (pid ${note.pid}) still lives after ${goneWithinMs / 1000} s`,
				{
					hint: `its log says what it waits for: ${state.log}`,
				},
			);
		}
		await pause(context.clock, 50, context.interrupted);
	}
	const runs = answer.stopping.map(({ item, what }) => `${item} (${what})`);
	out.result({ stopped: true, pid: note.pid, stopping: answer.stopping }, () =>
		[
			`stopped the node (pid ${note.pid})`,
			...(runs.length === 0 ? [] : [`  with it: ${plainLine(runs.join(', '))}`]),
		].join('\n'),
	);
	return undefined;
}
