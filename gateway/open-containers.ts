/** Binds projects in containers to this gateway: its mesh for their nodes, its doors for their networks, its engine. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { formatToken } from '../shared/mesh/join/index.ts';
import { parseNodeId } from '../shared/ports/index.ts';
import { containerLabel, renameNode, renameProject } from '../shared/registry/index.ts';
import { filesOf, thisProgram } from './builds/index.ts';
import type { GatewayParts } from './context.ts';
import { doingIn } from './idle-projects.ts';
import {
	ContainerRecords,
	Containers,
	dockerProvisioner,
	FileDigests,
	type HostOwner,
	IdleWatch,
} from './provision/index.ts';

type Ground = Omit<GatewayParts, 'containers' | 'idle'>;

/** A token lies in a file until a node has used it, which may be after a long image build and a failure or two. */
const tokenMs = 24 * 3_600_000;

export async function openContainers(parts: Ground): Promise<Pick<GatewayParts, 'containers' | 'idle'>> {
	const { config, mesh, clock, random, log, store, doors, hub, replicas } = parts;
	const { root } = await thisProgram();
	const records = await ContainerRecords.open(store);
	const containers = new Containers({
		...{ mesh, clock, random, log, doors },
		provisioner: dockerProvisioner({ host: config.engine, owner: mesh.membership.mesh }),
		records,
		owner: hostOwner(config.userName),
		environment: config.environment,
		baseImage: config.baseImage,
		docker: join(root, 'docker'),
		program: async () => filesOf(await thisProgram()),
		digests: new FileDigests(),
		folder: config.folder.containers,
		cpus: availableParallelism(),
		joinToken: (record) => joinToken(parts, record),
		renamed: (record, to) => renamed(parts, record, to),
		publish: (view) => hub.publish({ kind: 'container', at: clock.now(), project: view.project, container: view }),
	});
	const watch = new IdleWatch({ containers, records, clock, log, doing: (project) => doingIn(replicas, project) });
	watch.start();
	hub.subscribe(({ kind }) => {
		if (kind !== 'log') watch.poke();
	});
	void containers.openBridges().catch((error: unknown) => log.error('container.noBridges', { error }));
	return { containers, idle: watch };
}

/** One change of the registry: refused whole where a name is taken. */
async function renamed(
	{ registry }: Ground,
	{ node, project }: { readonly node: string | null; readonly project: string | null },
	to: string,
): Promise<void> {
	await registry.change((facts) => {
		const called = node === null || facts.nodes[node] === undefined ? facts : renameNode(facts, parseNodeId(node), to);
		const id = project === null ? undefined : facts.projects[project]?.id;
		const after = id === undefined ? called : renameProject(called, id, to);
		return after === facts ? facts : { ...after, revision: facts.revision + 1 };
	});
}

/** Its node owns that one project, works for no other, and speaks for no person. */
async function joinToken(
	{ mesh, tokens, clock, random, doors }: Ground,
	record: {
		readonly name: string;
		readonly gateway: string | null;
		readonly token: string | null;
		readonly person: string;
	},
): Promise<{ readonly text: string; readonly id: string }> {
	if (record.token !== null && tokens.list().some(({ id }) => id === record.token)) await tokens.revoke(record.token);
	const { token, secret } = await tokens.create(
		{
			name: record.name,
			duties: ['home', 'work'],
			worksFor: [],
			homeFor: [record.name],
			person: null,
			slots: null,
			labels: [containerLabel],
			uses: 1,
			createdBy: record.person,
			expiresAt: clock.now() + tokenMs,
		},
		random,
	);
	const addresses = record.gateway === null ? [] : [doors.bridgeAddress(record.gateway)];
	const { gateway, mesh: id } = mesh.membership;
	return { text: formatToken({ mesh: id, gateway: { ...gateway, addresses }, secret, build: null }), id: token.id };
}

function hostOwner(userName: string): HostOwner {
	const name = userName.toLowerCase().replace(/[^a-z0-9_-]/g, '-');
	return {
		name: /^[a-z_]/.test(name) ? name.slice(0, 32) : `_${name}`.slice(0, 32),
		uid: process.getuid?.() ?? 0,
		gid: process.getgid?.() ?? 0,
	};
}
