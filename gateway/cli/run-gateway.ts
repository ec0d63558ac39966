/** Starts, stops and shows the gateway of this machine. */
import type { GatewayStatus } from '../../shared/operations/index.ts';
import { clientOf, findNode } from './client.ts';
import { ensureGateway, stopGateway } from './gateway-process.ts';
import { plainLine } from './output.ts';
import { joinOwnGateway } from './own-membership.ts';
import type { Session } from './session.ts';
import { age, count } from './words.ts';

export async function start(session: Session): Promise<undefined> {
	const { note, started } = await ensureGateway(session);
	const gateway = clientOf(note, 'gateway');
	const node = await findNode(session.state, session.context.programs);
	const joined = node === null ? null : await joinOwnGateway(session, { node: clientOf(node), gateway });
	const status = await gateway.call('gateway.status', {});
	session.out.result({ started, gateway: status, joined }, () =>
		[
			`the gateway runs${started ? '' : ' already'}: ${gatewayLines(session, status)}`,
			...(joined === null ? [] : [`this machine is in the mesh as ${plainLine(joined.node.name)}`]),
		].join('\n'),
	);
	if (!session.out.json) session.out.message('→ let another machine in: gangline token new');
	return undefined;
}

export async function stop(session: Session): Promise<undefined> {
	const stopped = await stopGateway(session);
	session.out.result({ stopped: stopped !== null, pid: stopped?.pid ?? null }, () =>
		stopped === null
			? 'no gateway runs on this machine'
			: `stopped the gateway (pid ${stopped.pid}); nodes go on without it`,
	);
	return undefined;
}

export async function status(session: Session): Promise<undefined> {
	const answer = await (await session.gateway()).call('gateway.status', {});
	session.out.result(answer, () => gatewayLines(session, answer));
	return undefined;
}

export async function listen(session: Session, addresses: readonly string[]): Promise<undefined> {
	const answer = await (await session.gateway()).call('gateway.listen', { addresses: [...addresses] });
	session.out.result(answer, () => [plainLine(answer.answer), ...answer.listens.map((at) => `  ${at}`)].join('\n'));
	if (!session.out.json && addresses.length > 0)
		session.out.message('→ a line for another machine: gangline token new; a firewall must let these ports through');
	return undefined;
}

/** Where it answers, who is there, where it writes. */
export function gatewayLines({ context, out }: Session, gateway: GatewayStatus): string {
	const { members, connected } = gateway.nodes;
	const lines = [
		`${out.paint('bold', gateway.url)}  pid ${gateway.pid}, up ${age(context.clock.now() - gateway.startedAt)}, gangline ${gateway.version}`,
		`  ${plainLine(gateway.name)}, ${connected} of ${count(members, 'node')} connected, ${count(gateway.projects, 'project')}`,
		`  nodes reach it at ${gateway.listens.join(' ') || 'no address'}${gateway.onlyLoopback ? ' (this machine alone)' : ''}`,
		`  log ${gateway.log}`,
	];
	for (const words of gateway.damage) lines.push(out.paint('yellow', `  ${plainLine(words)}`));
	return lines.join('\n');
}
