/**
 * Programs of agents as folders: `docker/agents/<runtime>/Dockerfile` brings the program of that runtime, pinned and
 * checked by its hash. An image has those that the person named, otherwise those that the project's own file names.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, inspectRepository, onlyReading, readCheckoutTree } from '../git/index.ts';
import { GanglineError, ganglineError } from '../ports/index.ts';
import { parseProjectConfig, projectConfigPath } from '../project/index.ts';

export interface AgentLayer {
	readonly runtime: string;
	/** A fragment for the image. */
	readonly dockerfile: string;
}

/** All of a folder, by name. */
export async function readAgentLayers(folder: string): Promise<readonly AgentLayer[]> {
	const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
	const runtimes = names.map(({ name }) => name).sort();
	return Promise.all(
		runtimes.map(async (runtime) => ({
			runtime,
			dockerfile: await readFile(join(folder, runtime, 'Dockerfile'), 'utf8'),
		})),
	);
}

/** Those that were asked for, otherwise those among the runtimes that the project names. @throws GanglineError INVALID_ARGUMENT */
export function chooseAgents(
	layers: readonly AgentLayer[],
	wanted: readonly string[] | null,
	named: readonly string[],
): readonly AgentLayer[] {
	const known = layers.map(({ runtime }) => runtime);
	const strange = wanted?.find((one) => !known.includes(one));
	if (strange !== undefined) {
		throw ganglineError('INVALID_ARGUMENT', `no image has a program of an agent ${JSON.stringify(strange)}`, {
			hint: `expected some of ${known.join(', ')}, or none; another one is installed inside, in the home folder`,
		});
	}
	return layers.filter(({ runtime }) => (wanted ?? named).includes(runtime));
}

/** The runtimes of the agents in the project's file as it is committed; none where there is no file that can be read. */
export async function agentsNamed(path: string, environment: Environment): Promise<readonly string[]> {
	try {
		const facts = await inspectRepository(path, onlyReading(environment), { dirty: false });
		if (facts.kind !== 'checkout' || facts.head.kind === 'unborn') return [];
		const text = await (await readCheckoutTree(path, onlyReading(environment))).read(projectConfigPath);
		if (text === null) return [];
		return parseProjectConfig(text, { path: projectConfigPath }).agent.map(({ runtime }) => runtime);
	} catch (error) {
		// Whoever reads the file for what it says tells what is wrong with it.
		if (error instanceof GanglineError) return [];
		throw error;
	}
}
