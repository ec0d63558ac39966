/**
 * Checks the demo's outcome from outside: git and a JSON dump, nothing of the product. Each item that says it is done
 * has exactly one commit on main's first-parent chain, that commit's tree is the one its trailer says was gated,
 * nothing that landed was undone, and the checks of the repository pass on main now.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [repository, dumpFile] = process.argv.slice(2);
const { board } = JSON.parse(readFileSync(dumpFile, 'utf8'));
const git = (...args) => execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' }).trim();

git('fetch', '-q', 'gangline');
const main = git('rev-parse', 'refs/remotes/gangline/main');
const format =
	'%H%x1f%T%x1f%(trailers:key=Gangline-Item,valueonly,separator=%x2c)%x1f%(trailers:key=Gangline-Tree,valueonly,separator=%x2c)%x1e';
const commits = git('log', '--first-parent', `--format=${format}`, main)
	.split('\x1e')
	.map((line) => line.trim().split('\x1f'))
	.filter(([commit]) => commit);

const landings = new Map();
for (const [commit, tree, item, gated] of commits) {
	if (!item) continue;
	assert.ok(!landings.has(item), `item ${item} landed twice: ${landings.get(item)} and ${commit}`);
	assert.equal(tree, gated, `commit ${commit} does not have the tree that was gated`);
	landings.set(item, commit);
}
const done = board.items.filter(({ stage }) => stage === 'done');
assert.ok(done.length >= 5, 'five items are done');
for (const item of done) {
	assert.equal(landings.get(item.key), item.landed.commit, `${item.name} is where it says it landed`);
}
assert.equal(landings.size, done.length, 'nothing else landed');

const show = (path) => git('show', `${main}:${path}`);
assert.match(show('src/money.js'), /formatMoney/, 'the rename is there');
assert.match(show('src/money.js'), /cents \/ 100/, 'the bug is fixed');
assert.match(show('src/till/apple.js'), /;$/m, 'the formatter ran');
assert.match(show('package.json'), /tinylabel-1\.1\.0/, 'the dependency was bumped');
assert.match(show('src/discount.js'), /Math\.max/, 'the second try landed');
assert.throws(() => git('grep', '-q', 'formatPrice', main, '--', 'src'), 'no file has the old name');
console.log(`${done.length} items done, ${landings.size} landings, each once, each on the tree that was gated`);
