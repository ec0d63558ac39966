/**
 * A home that does nothing but land: started as a process, killed at any moment by the soak. It waits for the lock, reads
 * main, lands each item that main does not have, and writes an item's key to stdout once `moved` was answered.
 * Arguments: repository, file with `<key> <commit>` lines.
 */
import { readFileSync } from 'node:fs';
import { CanonicalRepository } from '../../shared/git/canonical-repository.ts';
import { parseCommitId } from '../../shared/ports/ids.ts';
import { person, signer } from './git-signer.ts';

const [path = '', list = ''] = process.argv.slice(2);
const committer = { name: 'Gangline', email: 'gangline@localhost' };
const environment = { PATH: process.env.PATH };
const git = await CanonicalRepository.open({
	path,
	branch: 'main',
	signer: signer(),
	committer,
	environment,
	lockWaitMs: 60_000,
});
if (git.cleared.length > 0) process.stdout.write(`cleared ${git.cleared.length}\n`);
const items = readFileSync(list, 'utf8').trim().split('\n');
let main = await git.main();
const known = await git.firstParents({});
const landed = new Set(known.map((commit) => commit.landing?.item));
for (const line of items) {
	const [item = '', id = ''] = line.split(' ');
	if (landed.has(item) || main === null) continue;
	const merged = await git.merge({ ours: main, theirs: parseCommitId(id) });
	if (merged.kind === 'conflict') throw new Error(`${item} conflicts in ${merged.paths}`);
	const landing = { item, token: [1, 1] as const, gatedTree: merged.tree };
	const commit = await git.createCommit({
		tree: merged.tree,
		parents: [main],
		message: item,
		author: person,
		atMs: 0,
		landing,
	});
	const moved = await git.moveMain(commit, main);
	if (moved.kind === 'lost') throw new Error('main was moved by another holder of the lock');
	process.stdout.write(`landed ${item}\n`);
	main = commit;
}
process.stdout.write('done\n');
await git.close();
