/**
 * Begins a process on a simulated machine, as node/compose.ts and gateway/compose.ts do on a real one: the store is
 * opened and verified, projects before the mesh, everything else as the registry says.
 */
import { type OpenCore, openCore } from '../../../gateway/open-core.ts';
import { AccountLogins, noAccountLimits } from '../../../node/agents/index.ts';
import type { NodeParts } from '../../../node/compose.ts';
import { type OpenedWorkers, openWorkers } from '../../../node/compose-workers.ts';
import { fetchLostFacts } from '../../../node/fetch-lost-facts.ts';
import { Projects } from '../../../node/home/projects.ts';
import { KnownRegistry } from '../../../node/known-registry.ts';
import { MeshDoors } from '../../../node/mesh-doors.ts';
import { NodeMesh } from '../../../node/node-mesh.ts';
import { OwnCheckouts } from '../../../node/own-checkouts.ts';
import { formerKeys } from '../../../node/rehome/records.ts';
import { AgentDesk } from '../../../node/tools/index.ts';
import { MachineRoom, Station } from '../../../node/worker/index.ts';
import { EventHub } from '../../../shared/http/event-hub.ts';
import { fromBase64, verifySignature } from '../../../shared/log/index.ts';
import { type Mesh, openMesh } from '../../../shared/mesh/open-mesh.ts';
import { answerOperation } from '../../../shared/operations/index.ts';
import {
	type Admission,
	authorId,
	type Network,
	noSecrets,
	randomHex,
	type Store,
} from '../../../shared/ports/index.ts';
import { SimMachine, SimProcesses } from '../../../shared/ports/sim/index.ts';
import { stateFolder } from '../../../shared/project/index.ts';
import { openOnDisk } from '../../../shared/store/index.ts';
import { openSimForeign } from './foreign.ts';
import { type Machine, Process } from './machine.ts';
import { openSimPacks } from './packs.ts';
import { openSimProject } from './project.ts';
import { SimSession } from './repositories.ts';
import { slowDisk } from './slow-disk.ts';

/** Opens the process; null when it died in the middle of that. @throws what opening throws, as an operator would see it */
export async function bootProcess(machine: Machine): Promise<Process> {
	machine.boots += 1;
	machine.clock = machine.clock.successor();
	const process = new Process(machine);
	machine.process = process;
	const { clock, random, point } = process;
	const disk = slowDisk(machine.disk.open(), { clock, random: random.fork('disk'), point });
	const store = process.wire('store', await openOnDisk(disk, machine.log), null);
	if (machine.kind === 'gateway') process.core = (await openGateway(process, store)).core;
	else await openNode(process, store);
	return process;
}

const version = '0.1.0';

function openGateway(process: Process, store: Store): Promise<OpenCore> {
	const { machine, clock } = process;
	const { identity, log } = machine;
	return openCore({
		...{ identity, store, clock, log, version, name: machine.name, owner: 'ann' },
		random: process.wire('random', process.random.fork('own'), null),
		openNetwork: async (admission) => networkOf(process, admission),
	});
}

function networkOf(process: Process, admission: (publicKey: Uint8Array) => Admission): Network {
	const { machine } = process;
	const { nodeId: node, publicKey } = machine.identity;
	const network = machine.world.net.node({
		node,
		publicKey,
		admission,
		addresses: machine.kind === 'laptop' ? [] : [machine.address],
	});
	return process.wire('network', network, null);
}

async function openNode(process: Process, store: Store): Promise<void> {
	const parts = await partsOf(process, store);
	process.parts = parts;
	const { machine } = process;
	const projects: Projects = new Projects({
		...{ store, log: machine.log },
		adopt: async (path) => machine.world.checkout(path),
		open: async (record, saveRecord) =>
			openSimProject(process, { record, saveRecord, session: await canonicalSession(process, record.id) }),
	});
	process.homes = () => projects.all();
	const mesh: NodeMesh = new NodeMesh({
		...{ parts, projects },
		open: (membership) => openSimMesh(process, store, membership),
		answer: (asked) => answerOperation({ handlers: {} }, asked),
		attach: (opened) => attach(process, opened, projects),
		resultsWaiting: (project) => parts.station.waiting(project),
		checkout: (project) => parts.checkouts.of(project),
	});
	process.mesh = mesh;
	await fetchLostFacts(parts, () => openSimMesh(process, store, machine.world.membership()));
	parts.registry.expect();
	await projects.start();
	await mesh.open(machine.world.membership());
	if (machine.boots > 1) return;
	for (const path of machine.world.checkoutsOf(machine.name)) await addFirst(process, { projects, mesh, path });
}

/** What a person does once: begins a project in its repository. */
async function addFirst(
	{ machine, parts }: Process,
	{ projects, mesh, path }: { projects: Projects; mesh: NodeMesh; path: string },
): Promise<void> {
	const { id, home } = machine.world.checkout(path);
	if (home !== machine.name) return parts.checkouts.keep(id, path);
	const { project } = await projects.add(path);
	await mesh.start(project.id);
}

async function partsOf(process: Process, store: Store): Promise<NodeParts> {
	const { machine, clock, random } = process;
	const { identity, log } = machine;
	const room = new MachineRoom({
		slots: machine.slots,
		machine: () => ({ freeDiskBytes: 1e12, freeMemoryBytes: 1e12, load: 0 }),
	});
	const own = process.wire('random', random.fork('own'), null);
	const doors = new MeshDoors();
	return {
		config: {
			...{ name: machine.name, host: '127.0.0.1', port: 0, logLevel: 'error', slots: machine.slots },
			state: stateOf(machine.name),
			personEnvironment: {},
			given: {},
			baseImage: 'none',
			hostPorts: [],
			provisioned: null,
		},
		secrets: { ...noSecrets, list: () => [], set: () => {}, delete: () => false },
		accountLimits: noAccountLimits,
		logins: new AccountLogins(stateOf(machine.name), noSecrets),
		...{ version, clock, log, store, identity, room, random: own },
		processes: new SimProcesses(new SimMachine(clock, {})),
		station: new Station({
			...{ room, clock, runtimes: () => ['shell', 'claude-code'], logins: () => [] },
			author: authorId(identity.nodeId, randomHex(own, 4), 'work'),
		}),
		hub: new EventHub(),
		checkouts: await OwnCheckouts.open(store),
		registry: new KnownRegistry({ node: identity.nodeId, name: machine.name }),
		doors,
		// Nobody listens, and nobody's agent has tools.
		desk: new AgentDesk({ self: identity.nodeId, random: own, rpc: doors.rpc, homeOf: () => null }),
		repositories: {
			canonical: async ({ id }) => (await canonicalSession(process, id)).asCanonical(),
			handedOver: async ({ id, branch }) => {
				const path = machine.canonicalPath(id);
				const kept = machine.repositories.at(path);
				return new SimSession({ path, branch, kept, point: process.point }).asMirror();
			},
		},
	};
}

/** As on a real machine, below a folder of its name. */
function stateOf(name: string): NodeParts['config']['state'] {
	return { ...stateFolder({ HOME: '/nowhere' }), root: name, project: (id: string) => `${name}/${id}` };
}

async function openSimMesh(
	process: Process,
	store: Store,
	membership: Parameters<typeof openMesh>[0]['membership'],
): Promise<Mesh> {
	const { machine, clock, parts } = process;
	const mesh = await openMesh({
		...{ store, clock, membership, identity: machine.identity, log: machine.log, random: parts.random },
		openNetwork: async (admission) => networkOf(process, admission),
	});
	const { sync } = mesh;
	const add = sync.add.bind(sync);
	sync.add = (project) => add(process.wire('synced', project, project.id));
	machine.world.repeats(process, mesh.rpc);
	return mesh;
}

function attach(process: Process, { network, rpc }: Mesh, projects: Projects): Promise<OpenedWorkers> {
	const { machine, parts } = process;
	return openWorkers(parts, {
		...{ network, rpc, projects: () => projects.all(), isHere: (id) => projects.isHere(id) },
		openForeign: (id, like) => openSimForeign(process, id, like),
		openPacks: async (mayServe) =>
			openSimPacks({
				...{ rpc, mayServe, own: machine.repositories },
				of: (node) => machine.world.machineOf(node).repositories,
			}),
	});
}

/** The canonical repository of a project, made from the checkout where there is none. */
export async function canonicalSession(process: Process, project: string): Promise<SimSession> {
	const { machine, parts, point } = process;
	const { identity, store } = parts;
	const path = machine.canonicalPath(project);
	const kept = machine.repositories.at(path);
	const keys = [identity.publicKey, ...(await formerKeys(store, project)).map(fromBase64)];
	kept.signer = {
		sign: (bytes) => identity.sign(bytes),
		verify: (bytes, signature) => keys.some((key) => verifySignature(key, bytes, signature)),
	};
	if ((await kept.git.main()) === null) await machine.world.importMain(kept, project);
	return new SimSession({
		...{ path, branch: 'main', kept, point },
		wire: (git) => process.wire('git', git, project),
	});
}
