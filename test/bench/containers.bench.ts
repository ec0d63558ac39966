/**
 * What a project in a container costs: from `gangline new` to joined with an image that is there, beyond what the engine
 * takes to make a network and start a bare container of the same image; a new container for a project that is there, also
 * after a change of what it wants; and what images weigh beyond their base. It needs an engine (GANGLINE_TEST_ENGINE and GANGLINE_TEST_BASE, as
 * scripts/engine names them) and root; elsewhere it measures nothing.
 */
import type { ContainerView } from '../../shared/operations/index.ts';
import { base, docker, engine, engineWorld } from '../support/engine-world.ts';
import type { World } from '../support/world.ts';
import { type BenchResult, figuresOf, judged, median } from './result.ts';
import type { BenchOptions } from './run.ts';

const joinedBeyondMsMax = 3_000;
const megabyte = 1_000_000;

export async function measureContainers({ quick }: BenchOptions): Promise<readonly BenchResult[]> {
	if (engine === '') {
		console.error('containers: left out, it needs an engine: GANGLINE_TEST_ENGINE and GANGLINE_TEST_BASE');
		return [];
	}
	await using world = engineWorld();
	const names: string[] = [];
	try {
		const image = await make(world, 'first', names);
		const joined = await measureJoined(world, image, names, quick ? 2 : 7);
		const count = quick ? 2 : 5;
		const rebuilds = [await measureRebuild(world, count), await measureChanged(world, count)];
		return [joined, ...rebuilds, sizeOf(image), ...sizesOfStacks()];
	} finally {
		for (const name of names)
			await world.gangline(world.folder, 'project', 'delete', name, '--confirm', name, '--purge');
	}
}

/** Answers the image. */
async function make(world: World, name: string, names: string[]): Promise<string> {
	names.push(name);
	await world.ok(world.folder, 'new', name, '--stack', 'none');
	const { image, connected } = await world.json<ContainerView>(world.folder, 'containers', name);
	if (image === null || !connected) throw new Error(`${name} has not joined`);
	return image;
}

async function measureJoined(world: World, image: string, names: string[], count: number): Promise<BenchResult> {
	const bare: number[] = [];
	const beyond: number[] = [];
	for (let at = 0; at < count; at += 1) {
		const begunBare = performance.now();
		docker('network', 'create', 'gangline-bench');
		docker(
			'run',
			'-d',
			'--name',
			'gangline-bench',
			'--network',
			'gangline-bench',
			'--entrypoint',
			'sleep',
			image,
			'60',
		);
		bare.push(performance.now() - begunBare);
		docker('rm', '-f', 'gangline-bench');
		docker('network', 'rm', 'gangline-bench');
		const begun = performance.now();
		names.push(`next${at}`);
		await world.ok(world.folder, 'new', `next${at}`, '--stack', 'none');
		beyond.push(performance.now() - begun - (bare.at(-1) ?? 0));
	}
	return judged({
		name: 'gangline new → joined, with a warm image, beyond network and start of a bare container',
		unit: 'ms',
		ours: figuresOf(beyond),
		goals: [{ of: 'p50', atMost: joinedBeyondMsMax }],
		note: `the bare one took ${Math.round(median(bare))} ms`,
	});
}

/** As after a change that needs another container: the old one is gone, image and state are there. */
async function measureRebuild(world: World, count: number): Promise<BenchResult> {
	const took: number[] = [];
	for (let at = 0; at < count; at += 1) {
		docker('rm', '-f', 'gangline-first');
		const begun = performance.now();
		await world.ok(world.folder, 'rebuild', 'first');
		took.push(performance.now() - begun);
	}
	return judged({ name: 'gangline rebuild, with a warm image', unit: 'ms', ours: figuresOf(took) });
}

/** As after a change of what the repository wants of its container: the image is there, the container is another one. */
async function measureChanged(world: World, count: number): Promise<BenchResult> {
	const took: number[] = [];
	for (let at = 0; at < count; at += 1) {
		const wanted = JSON.stringify({ containerEnv: { CHANGE: `${at}` } });
		const change = `cd '${world.folder}/first' && mkdir -p .devcontainer && echo '${wanted}' > .devcontainer/devcontainer.json`;
		await world.ok(
			world.folder,
			...['ssh', 'first', '--', 'sh', '-c', `${change} && git add -A && git commit -qm 'Change ${at}'`],
		);
		const { container } = await world.json<ContainerView>(world.folder, 'containers', 'first');
		const begun = performance.now();
		await world.ok(world.folder, 'rebuild', 'first');
		took.push(performance.now() - begun);
		const after = await world.json<ContainerView>(world.folder, 'containers', 'first');
		if (after.container === container) throw new Error('the change made no other container');
	}
	return judged({
		name: 'gangline rebuild after a change of its devcontainer.json, with a warm image',
		unit: 'ms',
		ours: figuresOf(took),
	});
}

const bytesOf = (name: string): number => Number(docker('image', 'inspect', '--format', '{{.Size}}', name));

function sizeOf(image: string): BenchResult {
	const [whole, below] = [bytesOf(image), bytesOf(base)];
	return judged({
		name: 'image of a project without a stack, beyond its base',
		unit: 'MB',
		ours: figuresOf([(whole - below) / megabyte]),
		note: `${Math.round(whole / megabyte)} MB with the base`,
	});
}

/** Of those that were built at this engine before, such as by the checks of the stacks; the newest of each. */
function sizesOfStacks(): readonly BenchResult[] {
	const tags = docker('images', '--format', '{{.Tag}}', 'gangline/project').split('\n');
	const newest = new Map<string, string>();
	for (const tag of tags) {
		const [, stack] = /^([a-z][a-z0-9-]*)-[0-9a-f]{16}$/.exec(tag) ?? [];
		if (stack !== undefined && stack !== 'base' && !newest.has(stack)) newest.set(stack, tag);
	}
	return [...newest].sort().map(([stack, tag]) => {
		const whole = bytesOf(`gangline/project:${tag}`);
		return judged({
			name: `image with the tools of ${stack}, beyond its base`,
			unit: 'MB',
			ours: figuresOf([(whole - bytesOf(base)) / megabyte]),
			note: `${Math.round(whole / megabyte)} MB with the base`,
		});
	});
}
