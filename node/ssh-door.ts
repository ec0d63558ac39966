/**
 * The way of a login over the mesh at this node. Inside a container: from the gateway alone, for the project that it was
 * made for, to its own sshd on loopback. Elsewhere: what a person at this machine wants goes on to the gateway, which
 * says who may. No port is opened for either.
 */
import { connect } from 'node:net';
import { type Api, serveTunnelDoor, type TunnelDoor } from '../shared/http/index.ts';
import type { Mesh } from '../shared/mesh/index.ts';
import {
	type OpenedTunnel,
	openTunnel,
	serveTunnels,
	streamEnd,
	type TunnelHead,
} from '../shared/mesh/tunnel/index.ts';
import type { Caller } from '../shared/operations/index.ts';
import { type Clock, ganglineError, type Log, type Peer } from '../shared/ports/index.ts';
import { memberOf, type RegistryFacts } from '../shared/registry/index.ts';
import type { NodeConfig } from './config.ts';
import { LoginKeys } from './login-keys.ts';
import type { NodeMesh } from './node-mesh.ts';

/** Where its sshd is, for a node in a container. */
export interface OwnSshd {
	/** Of 127.0.0.1. */
	readonly port: number;
	/** Holds the keys of people who are let in for a while. */
	readonly keys: LoginKeys;
}

export interface SshDoorOptions {
	readonly mesh: Pick<Mesh, 'self' | 'network' | 'facts'>;
	readonly clock: Clock;
	readonly log: Log;
	/** Null: this node is in no container. */
	readonly sshd: OwnSshd | null;
}

/** Takes logins from the gateway. */
export function serveSshd({ mesh, clock, log, sshd }: SshDoorOptions): void {
	serveTunnels({ network: mesh.network, clock, log }, async (head, peer) => {
		refuseOthersThanGateway(mesh.facts(), peer);
		if (sshd === null) {
			throw ganglineError('REFUSED', 'this node is in no container, and lets nobody into the machine that it runs on');
		}
		if (mesh.facts().projects[head.project]?.home !== mesh.self) {
			throw ganglineError('UNKNOWN_PROJECT', `${head.project} has its home elsewhere`);
		}
		return enter(sshd, head);
	});
}

function refuseOthersThanGateway(facts: RegistryFacts, { node }: Peer): void {
	if (memberOf(facts, node)?.duties.includes('gateway')) return;
	throw ganglineError('FORBIDDEN', `${node} is not the gateway: it says who may log in here`);
}

async function enter({ port, keys }: OwnSshd, { key }: TunnelHead): Promise<OpenedTunnel> {
	const ended = key === null ? () => undefined : await keys.letIn(key);
	const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
	try {
		await new Promise<void>((resolve, reject) => {
			socket.once('connect', resolve);
			socket.once('error', reject);
		});
	} catch (cause) {
		ended();
		throw ganglineError('PEER_UNREACHABLE', `its sshd does not answer at port ${port}: ${String(cause)}`, {
			hint: 'what it says is in sshd.log of the state; gangline rebuild makes its settings anew',
			cause,
		});
	}
	return { end: streamEnd(socket), ended };
}

/** `/gangline/ssh` of the state that a provisioner mounts; null where nobody made this node. */
export function ownSshd({ provisioned }: Pick<NodeConfig, 'provisioned'>): OwnSshd | null {
	if (provisioned?.ssh == null) return null;
	return { port: provisioned.ssh.port, keys: new LoginKeys(provisioned.ssh.folder) };
}

export interface Forwarding {
	readonly mesh: Pick<NodeMesh, 'mesh'>;
	readonly api: Api;
	/** Who sits here; null: nobody. */
	readonly speaker: () => Caller | null;
	readonly clock: Clock;
	readonly log: Log;
}

/** Logins that a person at this machine wants go on to the gateway. */
export function forwardLogins({ mesh, api, speaker: speakerNow, clock, log }: Forwarding): TunnelDoor {
	return serveTunnelDoor({
		...{ api, clock, log },
		open: async ({ project, key }) => {
			const open = mesh.mesh;
			if (open === null) {
				throw ganglineError('REFUSED', 'this node belongs to no mesh: no gateway can be asked for a login', {
					hint: 'gangline join TOKEN',
				});
			}
			const speaker = speakerNow();
			if (speaker === null) {
				throw ganglineError('FORBIDDEN', 'nobody sits at this node: nobody can be let in', {
					hint: 'log in on the machine of the gateway, or join with a token of yours: gangline token new --person',
				});
			}
			const { node } = open.membership.gateway;
			const { person } = speaker;
			return { end: await openTunnel({ network: open.network, clock }, node, { project, person, key }) };
		},
	});
}
