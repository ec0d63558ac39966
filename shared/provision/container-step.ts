/**
 * The step that makes a project's container: what it needs on this machine, its ports, and the container itself. Looked at
 * again it finds what is there. A port that somebody took between the look at it and its opening is another one next time.
 */
import { ganglineError } from '../ports/index.ts';
import { type Apart, apartWords, prepareApart } from './apart.ts';
import { planContainer } from './container-plan.ts';
import type { ContainersOptions } from './containers-options.ts';
import { forgetStart, givenOf, portsFor, remoteEnvOf } from './devcontainer-steps.ts';
import { writeDiskBound } from './disk-files.ts';
import { keptOrFree, type PortProbe } from './free-port.ts';
import { writeGiven } from './git-access.ts';
import { writeHostFiles } from './host-files.ts';
import { filesAt, stackOf } from './image-step.ts';
import type { ContainerWish, PublishedPort } from './provisioner.ts';
import { type ContainerRecord, engineNameOf, portsTaken } from './records.ts';
import type { Step } from './run-steps.ts';

export interface ContainerMaking {
	readonly options: ContainersOptions;
	/** The project's folder in the gateway's state. */
	readonly folder: string;
}

interface Planned {
	readonly sshPort: number;
	readonly ports: PublishedPort[];
	readonly wish: ContainerWish;
	readonly apart: Apart;
}

/** Two gateways of one machine look for the same ports. */
const portTriesMax = 4;

export function containerStep(making: ContainerMaking): Step {
	return {
		name: 'container',
		doing: 'making the container',
		run: async ({ record }) => {
			const { options, folder } = making;
			const { owner, environment, provisioner } = options;
			const { secretsInside } = provisioner;
			const first = await planned(making, record);
			const joining = hasJoined(options, record) ? null : await options.joinToken(record);
			const token = joining?.text ?? null;
			const secrets = await writeHostFiles({
				...{ folder, owner, path: record.path, environment, wish: first.wish, token, secretsInside },
				loginEnv: remoteEnvOf(record),
			});
			await forgetStart(folder);
			await writeGiven({ folder }, () => (options.records.find(record.name) ?? record).gitGiven);
			await writeDiskBound(folder, record.limits.disk ?? null);
			const { made, sshPort, ports, wish } = await ensure(making, record, {
				first,
				secrets: secretsInside === null ? {} : { secrets },
			});
			await provisioner.limit(wish.name, record.limits);
			return {
				words: `${made ? 'made' : 'found'}, as ${owner.name} (${wish.user})${apartWords(first.apart)}${movedWords(record, sshPort)}`,
				change: { sshPort, ports, ...(joining !== null && { token: joining.id }) },
			};
		},
	};
}

/** Its node may have joined after a making was cut off: another token would lie there for whoever runs inside. */
function hasJoined({ mesh }: ContainersOptions, { node, project }: ContainerRecord): boolean {
	return node !== null || (project !== null && mesh.facts().projects[project]?.home !== undefined);
}

async function ensure(
	making: ContainerMaking,
	record: ContainerRecord,
	{ first, secrets }: { readonly first: Planned; readonly secrets: Pick<ContainerWish, 'secrets'> },
): Promise<Planned & { readonly made: boolean }> {
	for (let [next, tries] = [first, 1]; ; tries += 1) {
		try {
			return { ...next, ...(await making.options.provisioner.ensureContainer({ ...next.wish, ...secrets })) };
		} catch (error) {
			if (tries === portTriesMax) throw error;
			// It does not run, so whoever has a port of its own is somebody else.
			if (!(await isAnyTaken(next, making.options.isPortFree))) throw error;
			next = await planned(making, record);
		}
	}
}

async function planned({ options, folder }: ContainerMaking, record: ContainerRecord): Promise<Planned> {
	const { owner, provisioner } = options;
	const stack = await stackOf(options, record);
	const holds = await holdsPorts(record, options);
	const sshPort = holds ? record.sshPort : await portFor(record, options);
	const ports = await portsFor({ ...record, sshPort }, options, holds);
	refusePorts(record, options, ports);
	const apart = await apartOf({ options, folder }, record);
	const wish = planContainer({
		project: { ...record, name: engineNameOf(record), sshPort },
		owner,
		image: record.image ?? '',
		caches: stack?.caches ?? {},
		folder,
		apart: apart.folders,
		...{
			env: record.devcontainer?.env ?? {},
			given: givenOf(record),
			ports,
			imagePath: record.imagePath,
			freshAt: record.freshAt,
		},
		secretsInside: provisioner.secretsInside,
	});
	return { sshPort, ports, wish, apart };
}

/** Folders of its stack that the container has for itself, made ready on this machine. */
export async function apartOf({ options, folder }: ContainerMaking, record: ContainerRecord): Promise<Apart> {
	const places = (await stackOf(options, record))?.apart ?? [];
	const files = places.length === 0 ? [] : await filesAt(record.path, options);
	return prepareApart({ places, path: record.path, files, folder });
}

async function isAnyTaken({ sshPort, ports }: Pick<Planned, 'sshPort' | 'ports'>, isFree: PortProbe): Promise<boolean> {
	for (const port of [sshPort, ...ports.map(({ host }) => host)]) if (!(await isFree(port))) return true;
	return false;
}

/** @throws GanglineError UNSUITABLE_MACHINE */
function refusePorts(
	{ name }: ContainerRecord,
	{ provisioner }: ContainersOptions,
	ports: readonly PublishedPort[],
): void {
	if (provisioner.publishes || ports.length === 0) return;
	const wanted = ports.map(({ inside }) => inside).join(', ');
	throw ganglineError(
		'UNSUITABLE_MACHINE',
		`its devcontainer.json wants ports (${wanted}), and a swarm opens those on every address of its machines: none is opened`,
		{ hint: `leave that file alone (gangline new ${name} --retry --devcontainer none), and reach a port by ssh -L` },
	);
}

/** A container that runs is what holds its ports, and is found again; where none are opened, nobody can take any. */
async function holdsPorts(record: ContainerRecord, { provisioner }: ContainersOptions): Promise<boolean> {
	return !provisioner.publishes || (await provisioner.condition(engineNameOf(record))).kind === 'running';
}

/** Whether somebody else has a port of a container that does not run: it could not be started as it is. */
export async function hasLostPort(record: ContainerRecord, options: ContainersOptions): Promise<boolean> {
	return !(await holdsPorts(record, options)) && (await isAnyTaken(record, options.isPortFree));
}

/** People's settings name the port of one that has joined. */
function movedWords({ node, sshPort: before }: ContainerRecord, sshPort: number): string {
	if (node === null || sshPort === before) return '';
	return `; another program has port ${before}, so its ssh is at ${sshPort} now (gangline ssh-config writes that down)`;
}

async function portFor(
	{ name, sshPort }: ContainerRecord,
	{ records, isPortFree }: ContainersOptions,
): Promise<number> {
	return keptOrFree(sshPort, portsTaken(records.all().filter((one) => one.name !== name)), isPortFree);
}
