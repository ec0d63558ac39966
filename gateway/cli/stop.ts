/** `gangline stop`: node and gateway of this machine; done only when the kernel shows their processes no more. */
import { pause } from '../../shared/ports/clock.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import { clientOf, findNode } from './client.ts';
import { stopGateway } from './gateway-process.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';

/** Agents get their grace time, one after the other in the worst case. */
const goneWithinMs = 60_000;

export async function stop(session: Session): Promise<undefined> {
	const { context, state, out } = session;
	const note = await findNode(state, context.programs);
	if (note === null) {
		const gateway = await stopGateway(session);
		out.result({ stopped: false, pid: null, stopping: [], gateway }, () =>
			['no node runs', ...gatewayWords(gateway)].join('\n'),
		);
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
	const gateway = await stopGateway(session);
	const runs = answer.stopping.map(({ item, what }) => `${item} (${what})`);
	out.result({ stopped: true, pid: note.pid, stopping: answer.stopping, gateway }, () =>
		[
			`stopped the node (pid ${note.pid})`,
			...(runs.length === 0 ? [] : [`  with it: ${plainLine(runs.join(', '))}`]),
			...gatewayWords(gateway),
		].join('\n'),
	);
	return undefined;
}

function gatewayWords(gateway: { readonly pid: number } | null): readonly string[] {
	return gateway === null ? [] : [`stopped the gateway (pid ${gateway.pid})`];
}
