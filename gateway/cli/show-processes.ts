/** `gangline ps`: the node of this machine with what it runs, and its gateway where it has one. */
import { clientOf, findGateway } from './client.ts';
import { nodeText } from './node-text.ts';
import { gatewayLines } from './run-gateway.ts';
import type { Session } from './session.ts';

/** With --json the node alone, exactly as the API answers; `gateway status --json` is the other. */
export async function showProcesses(session: Session): Promise<undefined> {
	const note = session.out.json ? null : await findGateway(session.state, session.context.programs);
	const gateway = note === null ? null : await clientOf(note, 'gateway').call('gateway.status', {});
	const beside = gateway === null ? [] : ['', `gateway ${gatewayLines(session, gateway)}`];
	const node = await session.node().catch((error: unknown) => {
		if (gateway !== null) session.out.message(beside.slice(1).join('\n'));
		throw error;
	});
	const status = await node.call('node.status', {});
	session.out.result(status, () => [nodeText(session, status), ...beside].join('\n'));
	return undefined;
}
