/**
 * People's own commits on main: they change files of their own or what items change too, and some of them say of
 * themselves that an item has landed.
 */
import type { CommitId } from '../../../shared/ports/index.ts';
import type { Entry } from '../../../shared/ports/sim/sim-git-objects.ts';
import { sharedPath } from './agents.ts';
import type { World } from './world.ts';

const author = { name: 'Ann', email: 'ann@example.org' };

/** What a commit says, and of which item it says that it has landed. */
interface Said {
	readonly message: string;
	readonly forges: { readonly item: string; readonly token: readonly [number, number] } | null;
}

/** Puts a person's commit on main; false where there is none, or it has moved meanwhile. */
export async function pushFiles(
	world: World,
	project: string,
	edit: (files: Map<string, Entry>, put: (text: string) => Entry) => Said,
): Promise<boolean> {
	const home = world.homeOf(project);
	const kept = home.repositories.find(home.canonicalPath(project));
	const main = kept && (await kept.git.main());
	if (!kept || !main) return false;
	const files = new Map(kept.objects.files(main));
	const said = edit(files, (text) => kept.objects.putFile(Buffer.from(text)));
	const tree = kept.objects.putTree(files);
	const message = said.forges === null ? said.message : `${said.message}\n\n${trailers(said.forges, tree)}`;
	const commit = await kept.git.createCommit({ tree, parents: [main], message, author, atMs: world.clock.now() });
	world.emit({ kind: 'pushed', node: home.name, project, commit, forges: said.forges?.item ?? null });
	const { kind } = await kept.git.moveMain(commit, main);
	kept.version += 1;
	world.projectAtHome(project)?.poke();
	return kind === 'moved';
}

export interface Push {
	readonly n: number;
	readonly touchesShared: boolean;
	/** Says of something that is not done that this is its landing. */
	readonly forges: boolean;
}

/** A person's own commit comes to main. */
export async function push(world: World, project: string, { n, touchesShared, forges }: Push): Promise<void> {
	const open = Object.values(world.projectAtHome(project)?.home.facts.items ?? {}).filter(
		({ stage, token }) => token !== null && (stage.kind === 'coding' || stage.kind === 'merge'),
	);
	const named = forges ? open[n % Math.max(1, open.length)] : undefined;
	await pushFiles(world, project, (files, put) => {
		const words = `a person ${n} at ${Math.round(world.clock.monotonic())}\n`;
		files.set(touchesShared ? sharedPath : `people/${n}.txt`, put(words));
		return { message: `By hand ${n}`, forges: named?.token ? { item: named.key, token: named.token } : null };
	});
}

/** As a landing has them, signed by nobody. */
function trailers({ item, token }: NonNullable<Said['forges']>, tree: CommitId): string {
	const signature = Buffer.alloc(64, item).toString('base64');
	return [
		`Gangline-Item: ${item}`,
		`Gangline-Token: ${token.join('.')}`,
		`Gangline-Tree: ${tree}`,
		`Gangline-Signature: ${signature}`,
	].join('\n');
}
