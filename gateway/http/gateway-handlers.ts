/** Answers what is asked about the gateway itself and what it sees: its status, the nodes, who is connected. */
import type { Handlers } from '../../shared/operations/index.ts';
import { members } from '../../shared/registry/index.ts';
import { makeGatewayBackup } from '../backup.ts';
import { ownAddresses } from '../builds/index.ts';
import type { GatewayParts } from '../context.ts';
import { tellAddresses } from '../serve-members.ts';
import { isLoopback } from './token-handlers.ts';
import { nodeView, projectView } from './views.ts';

type Names = 'gateway.status' | 'gateway.backup' | 'gateway.stop' | 'gateway.listen' | 'mesh.status' | 'node.list';

export interface GatewayProcess {
	readonly pid: number;
	/** The Node.js version. */
	readonly runtime: string;
	/** Where its HTTP answers. */
	url(): string;
	/** Begins to stop, after the answer was sent. */
	stop(): void;
}

export function gatewayHandlers(parts: GatewayParts, self: GatewayProcess): Pick<Handlers, Names> {
	const { mesh, clock, config, store, builds, version, startedAt } = parts;
	return {
		'gateway.status': async () => {
			const facts = mesh.facts();
			const listens = [...mesh.network.addresses()];
			const onlyLoopback = listens.every(isLoopback);
			return {
				...{ version, startedAt, runtime: self.runtime, pid: self.pid, url: self.url() },
				mesh: facts.mesh,
				node: mesh.self,
				name: facts.nodes[mesh.self]?.name ?? config.name,
				listens,
				builds: [...builds.urls()],
				onlyLoopback,
				offers: onlyLoopback ? [...ownAddresses()] : [],
				state: config.folder.root,
				log: config.folder.log,
				nodes: { members: members(facts).length - 1, connected: mesh.network.links().length },
				projects: Object.keys(facts.projects).length,
				damage: store.damaged.map(({ stream, reason, quarantine }) => `${stream}: ${reason}, see ${quarantine}`),
			};
		},
		'gateway.backup': async ({ path }) => makeGatewayBackup(parts, path),
		'gateway.stop': async () => {
			self.stop();
			return { pid: self.pid, answer: 'the gateway stops; the nodes go on without it' };
		},
		'gateway.listen': async ({ addresses }) => {
			await parts.doors.listen(addresses);
			await tellAddresses(parts);
			const listens = [...mesh.network.addresses()];
			const words = listens.every(isLoopback)
				? 'the gateway listens on loopback alone: only this machine reaches it'
				: `other machines reach the gateway at ${listens.filter((one) => !isLoopback(one)).join(', ')}`;
			parts.log.info('gateway.listens', { listens });
			return { listens, builds: [...builds.urls()], answer: words };
		},
		'mesh.status': async () => {
			const facts = mesh.facts();
			return {
				mesh: facts.mesh,
				offline: false,
				gateway: {
					node: mesh.self,
					name: facts.nodes[mesh.self]?.name ?? config.name,
					connected: true,
					since: startedAt,
					clockAheadMs: 0,
				},
				nodes: members(facts).map((node) => nodeView(parts, node)),
				projects: Object.values(facts.projects).map((project) => projectView(parts, project)),
				takenAt: clock.now(),
			};
		},
		'node.list': async ({ revoked }) => {
			const facts = mesh.facts();
			const shown = revoked ? Object.values(facts.nodes) : members(facts);
			return { nodes: shown.map((node) => nodeView(parts, node)), takenAt: clock.now() };
		},
	};
}
