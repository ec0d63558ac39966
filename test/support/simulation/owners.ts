/**
 * What owners do with a project as a whole: they pause it for a while, and raise a budget that is used up. Whatever was
 * drawn, in the end nothing is paused and nothing waits for money.
 */
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import { projectConfigPath } from '../../../shared/project/index.ts';
import { pushFiles } from './pushes.ts';
import type { World } from './world.ts';

interface OwnersAction {
	readonly atMs: number;
	readonly what: string;
	readonly run: (world: World) => void;
}

/** Some projects are paused once, at a time and for a while that the seed draws. */
export function drawPauses({
	random,
	project,
	busyMs,
}: {
	readonly random: SimRandom;
	readonly project: string;
	readonly busyMs: number;
}): OwnersAction[] {
	if (random.below(4) > 0) return [];
	const atMs = 10_000 + random.below(busyMs - 60_000);
	const forMs = 25_000 + random.below(20_000);
	return [
		{ atMs, what: 'pause', run: (world) => void pause(world, project) },
		{ atMs: atMs + forMs, what: 'resume', run: (world) => void resume(world, project) },
	];
}

/** Gives back what keeps a project from going on; called again and again when the last fault is healed. Waits for nothing. */
export function letGoOn(world: World): void {
	for (const { id } of world.origins.all()) {
		if (world.projectAtHome(id)?.record.paused) void resume(world, id);
		void hasBudget(world, id).then((has) => (has ? raiseBudget(world, id) : undefined));
	}
}

/** Resolves when the home has it on its disk, or there is none. */
export async function pause(world: World, id: string): Promise<void> {
	const project = world.projectAtHome(id);
	const { process } = world.homeOf(id);
	if (!project || !process) return;
	const before = world.events.length;
	await project.pause(false);
	// On a disk that is slow somebody may have let it go on meanwhile.
	if (world.events.slice(before).some((event) => event.kind === 'pausing' && event.project === id)) return;
	process.emit({ kind: 'pausing', node: process.name, project: id, paused: true });
}

async function resume(world: World, id: string): Promise<void> {
	const { process } = world.homeOf(id);
	process?.emit({ kind: 'pausing', node: process.name, project: id, paused: false });
	await world.projectAtHome(id)?.resume();
}

const budgetPattern = /\[budget\]\n(?:[a-z_]+ = .*\n)+/;

async function hasBudget(world: World, id: string): Promise<boolean> {
	const home = world.homeOf(id);
	const kept = home.repositories.find(home.canonicalPath(id));
	const main = await kept?.git.main();
	if (!kept || !main) return false;
	const settings = kept.objects.files(main).get(projectConfigPath)?.content ?? new Uint8Array();
	return budgetPattern.test(Buffer.from(settings).toString());
}

/** The project's settings without a budget: a commit of the owner's own. */
async function raiseBudget(world: World, id: string): Promise<void> {
	const isPushed = await pushFiles(world, id, (files, put) => {
		const settings = Buffer.from(files.get(projectConfigPath)?.content ?? new Uint8Array()).toString();
		files.set(projectConfigPath, put(settings.replace(budgetPattern, '')));
		return { message: 'Raise the budget', forges: null };
	});
	if (isPushed) world.origins.project(id).budgetUsd = null;
}
