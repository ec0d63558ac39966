/** Checks of what a member of a mesh needs: its gateway can be reached, clocks agree, and the gateway's ports are open. */
import { readMembership } from '../../shared/mesh/membership.ts';
import type { GatewayStatus, Result } from '../../shared/operations/index.ts';
import { clientOf, findGateway, findNode } from './client.ts';
import { type Check, type CheckResult, fail, ok, type Patient, warn } from './doctor-check.ts';
import { hasGateway } from './gateway-process.ts';
import { age } from './words.ts';

/** Histories are ordered by clocks: a few seconds show in them; beyond a minute the home moves the time of an entry. */
const clockMsMax = { warn: 5_000, fail: 60_000 };

export const meshChecks: readonly Check[] = [
	{ id: 'mesh', run: checkMember },
	{ id: 'mesh clock', run: checkMeshClock },
	{ id: 'gateway', run: checkGateway },
];

type MeshStatus = Result<'mesh.status'>;

async function checkMember({ world, session }: Patient): Promise<CheckResult> {
	const membership = await readMembership(session.state.mesh);
	if (membership === null) return ok('this machine is in no mesh; gangline token new makes one');
	const status = await meshStatus(session);
	if (status?.gateway?.connected) return ok(`connected to the gateway ${status.gateway.name}`);
	const { addresses } = membership.gateway;
	const tried = await Promise.all(
		addresses.map(async (address) => {
			const end = endOf(address);
			return end !== null && (await world.reaches(end.host, end.port))
				? `${address} answers`
				: `${address} does not answer`;
		}),
	);
	const name = status?.gateway?.name ?? membership.gateway.node;
	const since = sinceWords(status);
	const says = `${status === null ? 'the node does not run' : `the gateway ${name} is away${since}`}: ${tried.join(', ')}`;
	if (status === null) return warn(says, { fix: 'gangline start' });
	return warn(says, {
		advice: 'Work goes on here and settles when it is back. On its machine: gangline gateway status.',
	});
}

function sinceWords(status: MeshStatus | null): string {
	const since = status?.gateway?.since ?? null;
	return status === null || since === null ? '' : ` for ${age(status.takenAt - since)}`;
}

async function checkMeshClock({ world, session }: Patient): Promise<CheckResult> {
	const status = await meshStatus(session);
	if (status === null || status.mesh === null) return ok('nothing to compare with');
	const ahead = status.gateway?.clockAheadMs ?? null;
	return ahead === null ? ok('not compared with the gateway yet') : judgeClock(ahead, world.uid);
}

/** `aheadMs`: how far the gateway's clock is ahead of ours. */
export function judgeClock(aheadMs: number, uid: number): CheckResult {
	const apart = Math.abs(aheadMs);
	const seconds = (apart / 1000).toFixed(apart < 10_000 ? 1 : 0);
	const says = `this clock is ${seconds} s ${aheadMs > 0 ? 'behind' : 'ahead of'} the gateway's`;
	if (apart < clockMsMax.warn) return ok(says);
	const fix = { fix: `${uid === 0 ? '' : 'sudo '}timedatectl set-ntp true` };
	return apart < clockMsMax.fail ? warn(says, fix) : fail(says, fix);
}

async function checkGateway({ world, session }: Patient): Promise<CheckResult> {
	if (!(await hasGateway(session))) return ok('this machine has none');
	const note = await findGateway(session.state, session.context.programs);
	if (note === null) return warn('this machine has a gateway, which does not run', { fix: 'gangline gateway start' });
	const status = await clientOf(note, 'gateway').call('gateway.status', {});
	const ends = status.listens.map(endOf).filter((end) => end !== null);
	const shut: string[] = [];
	for (const { host, port } of ends) {
		if (!(await world.reaches(host, port))) shut.push(`${host} port ${port}`);
	}
	if (shut.length > 0) {
		return fail(`the gateway should answer at ${shut.join(', ')}, but nothing does`, {
			fix: 'gangline gateway stop; gangline gateway start',
		});
	}
	return judgeListening(status);
}

export function judgeListening({ listens, onlyLoopback, offers, pid, nodes }: GatewayStatus): CheckResult {
	const where = `runs (pid ${pid}), ${nodes.connected} of ${nodes.members} nodes connected`;
	if (!onlyLoopback) return ok(`${where}; listens at ${listens.join(', ')}`);
	const [first] = offers;
	return warn(
		`${where}, but only this machine can reach it`,
		first === undefined
			? { advice: 'Connect this machine to a network, then: gangline gateway listen <address>' }
			: { fix: `gangline gateway listen ${first}` },
	);
}

async function meshStatus({ state, context }: Patient['session']): Promise<MeshStatus | null> {
	const note = await findNode(state, context.programs);
	return note === null ? null : clientOf(note).call('mesh.status', {});
}

/** Host and port of `/ip4/192.0.2.7/tcp/7431`, and of `/dns4/…` and `/ip6/…` alike; null for another kind of address. */
export function endOf(address: string): { readonly host: string; readonly port: number } | null {
	const [, host, port] = /^\/(?:ip4|ip6|dns[46]?)\/([^/]+)\/tcp\/([0-9]{1,5})(?:\/|$)/.exec(address) ?? [];
	return host === undefined ? null : { host, port: Number(port) };
}
