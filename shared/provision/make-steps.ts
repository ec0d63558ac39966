/**
 * The steps from a wish to a project that has joined. Order and words are here; what each does is in a file of its own.
 * Nothing of the source is run on this machine.
 */
import { onlyReading, whoCommits } from '../git/index.ts';
import { pause } from '../ports/clock.ts';
import { type Clock, GanglineError, ganglineError } from '../ports/index.ts';
import { chooseAgents, readAgentLayers } from './agent-layers.ts';
import { containerStep } from './container-step.ts';
import type { ContainersOptions } from './containers-options.ts';
import { devcontainerStep } from './devcontainer-steps.ts';
import { explainContainer } from './explain.ts';
import { ensureGuard } from './guard-step.ts';
import { agentsOf, filesAt, imageStep, stacksOf } from './image-step.ts';
import type { MakeLog } from './make-log.ts';
import { ownImage } from './own-image.ts';
import { type ContainerRecord, engineNameOf } from './records.ts';
import type { Step } from './run-steps.ts';
import { seedProject } from './seed.ts';
import { checkSource, checkSourceAgain, ensureSource } from './source.ts';
import { chooseStack, readStacks } from './stacks.ts';
import { refuseTaken } from './taken-folders.ts';

export interface Making {
	readonly options: ContainersOptions;
	readonly log: MakeLog;
	/** The project's folder in the gateway's state. */
	readonly folder: string;
	readonly stopped: AbortSignal;
}

/** A node that starts on a busy machine, and proves itself. */
const joinMsMax = 180_000;
const lookEveryMs = 250;
/** The engine is asked less often than memory. */
const looksPerCondition = 8;

export function makeSteps(making: Making): readonly Step[] {
	return [
		checkStep(making),
		sourceStep(making),
		devcontainerStep(making),
		stackStep(making),
		imageStep(making),
		seedStep(making),
		networkStep(making),
		containerStep(making),
		joinStep(making),
	];
}

/** The same without touching the source: for a rebuild. */
export function rebuildSteps(making: Making, fresh = false): readonly Step[] {
	return [
		checkAgainStep(making),
		devcontainerStep(making),
		imageStep(making, fresh),
		networkStep(making),
		containerStep(making),
		joinStep(making),
	];
}

/** Of one whose container cannot be started as it is. */
export function remakeSteps(making: Making): readonly Step[] {
	return [networkStep(making), containerStep(making), joinStep(making)];
}

function checkStep({ options }: Making): Step {
	return {
		name: 'check',
		doing: 'asking the engine',
		run: async ({ record }) => {
			const { provisioner, owner, environment, mesh } = options;
			requireOrdinary(owner.uid);
			await provisioner.check();
			const namesake = Object.values(mesh.facts().projects).find(
				({ name, id }) => name === record.name && id !== record.project,
			);
			if (namesake !== undefined) {
				throw ganglineError('REFUSED', `another project of the mesh is called ${record.name}`, {
					hint: 'take another name: gangline projects shows those that are taken',
				});
			}
			await checkSource({ path: record.path, git: record.git, owner, environment });
			return { words: 'the engine answers, name and folder are free' };
		},
	};
}

/** What is mounted is looked at again: somebody may have put a link in its place. */
function checkAgainStep({ options }: Making): Step {
	return {
		name: 'check',
		doing: 'asking the engine',
		run: async ({ record }) => {
			requireOrdinary(options.owner.uid);
			await options.provisioner.check();
			await refuseTaken(options, record);
			await checkSourceAgain(record.path, options.owner);
			return { words: 'the engine answers, the source is where it was' };
		},
	};
}

/** Before anything is made: what is spelled wrong is said at once. @throws GanglineError INVALID_ARGUMENT */
export async function requireKnownParts(
	options: ContainersOptions,
	{ stack, agents }: { readonly stack?: string | undefined; readonly agents?: readonly string[] | undefined },
): Promise<void> {
	if (stack !== undefined) chooseStack(await readStacks(stacksOf(options)), stack, []);
	if (agents !== undefined) chooseAgents(await readAgentLayers(agentsOf(options)), agents, []);
}

/** Agents refuse to work as root, and root inside is one mistake of the kernel away from root outside. */
export function requireOrdinary(uid: number): void {
	if (uid !== 0) return;
	throw ganglineError('UNSUITABLE_MACHINE', 'the gateway runs as root, and no container of a project does', {
		hint: 'run Gangline as an ordinary user who may use the engine: usermod -aG docker <user>, then log in as that user',
	});
}

function sourceStep({ options }: Making): Step {
	return {
		name: 'source',
		doing: 'making the source',
		run: async ({ record }) => {
			const { owner, environment } = options;
			const words = await ensureSource({ path: record.path, git: record.git, owner, environment });
			// Said before minutes go into an image.
			await committing(record, options);
			return { words };
		},
	};
}

function stackStep({ options }: Making): Step {
	return {
		name: 'stack',
		doing: 'looking what it is written in',
		run: async ({ record }) => {
			if (ownImage(record) !== null && record.wantedStack === null) {
				return { words: 'its own image brings the tools', change: { stack: null, others: [] } };
			}
			const { stack, others } = chooseStack(
				await readStacks(stacksOf(options)),
				record.wantedStack,
				await filesAt(record.path, options),
			);
			const more = others.length === 0 ? '' : `; without the tools of ${others.join(', ')}, which left marks too`;
			return { words: `${stack ?? 'no stack: nothing but the base'}${more}`, change: { stack, others: [...others] } };
		},
	};
}

function seedStep({ options }: Making): Step {
	return {
		name: 'seed',
		doing: 'looking for its project file',
		run: async ({ record }) => {
			const { clock, random, mesh } = options;
			// Who has worked inside since could have git run what they like when it compares files to commit one.
			if (record.token !== null || record.node !== null) return { words: 'its node was made with it' };
			const environment = await committing(record, options);
			const seeded = await seedProject({
				...{ path: record.path, name: record.name, environment, clock, random },
				stacks: stacksOf(options),
			});
			const known = mesh.facts().projects[seeded.project];
			if (known !== undefined && known.home !== record.node) {
				throw ganglineError('REFUSED', `${known.name} has its home on another node of the mesh already`, {
					hint: `look who has it: gangline mesh; a second home of one project cannot be made`,
				});
			}
			return { words: seeded.words, change: { project: seeded.project } };
		},
	};
}

/** Git's environment with the identity that the gateway was given, where the repository says nobody. */
async function committing({ name, path, gitGiven }: ContainerRecord, { environment }: ContainersOptions) {
	const known = await whoCommits(path, onlyReading(environment));
	if (known?.from === 'project') return environment;
	const { identity } = gitGiven;
	if (identity !== null) {
		const { name: who, email } = identity;
		const [author, committer] = [{ GIT_AUTHOR_NAME: who, GIT_AUTHOR_EMAIL: email }, { GIT_COMMITTER_NAME: who }];
		return { ...environment, ...author, ...committer, GIT_COMMITTER_EMAIL: email };
	}
	if (known !== null) return environment;
	throw ganglineError('UNSUITABLE_REPOSITORY', `git does not know who commits in ${name}`, {
		hint: `gangline git identity ${name} --name "Your Name" --email you@example.org`,
	});
}

function networkStep({ options, log }: Making): Step {
	return {
		name: 'network',
		doing: 'making a network of its own',
		run: async ({ record, say }) => {
			const { gateway } = await options.provisioner.ensureNetwork(engineNameOf(record));
			const isGuarded = await ensureGuard(options, (line) => {
				log.write(line);
				say(line.slice(0, 200));
			});
			await options.doors.openBridge(gateway);
			const kept = isGuarded ? '' : '; services that listen on this machine are reached from it';
			return { words: `a network of its own, with the gateway at ${gateway}${kept}`, change: { gateway } };
		},
	};
}

function joinStep({ options, stopped }: Making): Step {
	return {
		name: 'join',
		doing: 'waiting until its node has joined',
		run: async ({ record }) => {
			const { clock, mesh } = options;
			const deadline = clock.monotonic() + joinMsMax;
			for (let look = 1; ; look += 1) {
				const home = mesh.facts().projects[record.project ?? '']?.home;
				if (home !== undefined && (await mesh.isConnected(home))) {
					const name = mesh.facts().nodes[home]?.name ?? home;
					return { words: `its node ${name} is connected`, change: { node: home, token: null } };
				}
				if (look % looksPerCondition === 0) await requireAlive(options, record);
				if (clock.monotonic() > deadline) throw await notJoined(options, record);
				await waited(clock, stopped);
			}
		},
	};
}

async function waited(clock: Clock, stopped: AbortSignal): Promise<void> {
	await pause(clock, lookEveryMs, stopped);
	if (stopped.aborted) throw ganglineError('STOPPING', 'the gateway stops');
}

async function requireAlive(options: ContainersOptions, record: ContainerRecord): Promise<void> {
	const condition = await options.provisioner.condition(engineNameOf(record));
	if (condition.kind === 'running') return;
	const { words } = explainContainer({
		record: { ...record, phase: 'ready' },
		condition,
		busy: false,
		connected: false,
	});
	throw ganglineError('ENGINE_FAILED', `${words}${await lastWords(options, record)}`);
}

async function notJoined(options: ContainersOptions, record: ContainerRecord): Promise<GanglineError> {
	const last = await lastWords(options, record);
	return ganglineError('HOME_AWAY', `its node did not join within ${joinMsMax / 1000} s${last}`, {
		hint: `what it writes: docker logs gangline-${engineNameOf(record)}`,
	});
}

async function lastWords({ provisioner }: ContainersOptions, record: ContainerRecord): Promise<string> {
	const lines = await provisioner.lastLines(engineNameOf(record), 5).catch((error: unknown) => {
		if (error instanceof GanglineError) return [];
		throw error;
	});
	return lines.length === 0 ? '' : `; its last words: ${lines.join(' | ').slice(0, 1_000)}`;
}
