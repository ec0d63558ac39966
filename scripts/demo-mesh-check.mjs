/**
 * Checks the outcome of `demo --mesh` from outside: git and a JSON dump, nothing of the product. Each item that is done
 * landed once, on the tree that was gated; all replicas of a project show the same; each wish of a person was applied or
 * refused exactly once, and those that were refused are shown where they were said, and nowhere else.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { homes, refusals, replicas, wishes } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

/** Item key → commit on main. */
function landingsIn(repository) {
	const git = (...args) => execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' }).trim();
	git('fetch', '-q', 'gangline');
	const trailer = (key) => `%(trailers:key=${key},valueonly,separator=%x2c)`;
	const format = `%H%x1f%T%x1f${trailer('Gangline-Item')}%x1f${trailer('Gangline-Tree')}%x1e`;
	const landings = new Map();
	for (const line of git('log', '--first-parent', `--format=${format}`, 'refs/remotes/gangline/main').split('\x1e')) {
		const [commit, tree, item, gated] = line.trim().split('\x1f');
		if (!item) continue;
		assert.ok(!landings.has(item), `item ${item} landed twice: ${landings.get(item)} and ${commit}`);
		assert.equal(tree, gated, `commit ${commit} does not have the tree that was gated`);
		landings.set(item, commit);
	}
	return landings;
}

/** What every replica must agree on; what was tried, and what it cost, the home alone knows. */
function agreed(items) {
	return items
		.map(
			({ key, number, name, alias, title, type, stage, labels, held, dependsOn, description, landed, tentative }) => ({
				...{ key, number, name, alias, title, type, stage, labels: [...labels].sort(), held, description, tentative },
				dependsOn: dependsOn.map((one) => one.key).sort(),
				landed: landed?.commit ?? null,
			}),
		)
		.sort((a, b) => (a.key < b.key ? -1 : 1));
}

const outcomeOf = ({ outcome }) => (outcome === 'applied' ? 'applied' : outcome.split(':', 1)[0]);
const wishName = ({ key, event, who }) => `${event} of ${key} by ${who}`;
const count = (names) => {
	const counts = new Map();
	for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
	return Object.fromEntries([...counts].sort());
};

let landed = 0;
for (const { project, repository, log } of homes) {
	const boards = replicas.filter((one) => one.project === project).map((one) => ({ ...one, items: agreed(one.items) }));
	assert.equal(boards.length, 3, `three replicas of ${project}`);
	const [first, ...others] = boards;
	for (const other of others) {
		assert.deepEqual(other.items, first.items, `${other.machine} has another ${project} than ${first.machine}`);
	}
	assert.ok(
		first.items.every(({ tentative, number }) => !tentative && number !== null),
		'nothing is open',
	);
	assert.equal(new Set(first.items.map(({ number }) => number)).size, first.items.length, 'no number twice');

	const landings = landingsIn(repository);
	for (const item of first.items) {
		assert.equal(item.stage, 'done', `${item.name} of ${project} is done`);
		assert.equal(landings.get(item.key), item.landed, `${item.name} is where it says it landed`);
	}
	assert.equal(landings.size, first.items.length, 'nothing else landed');
	landed += landings.size;

	const decided = log.entries.filter(({ by }) => by === 'user');
	const wanted = wishes.filter((one) => one.project === project);
	assert.deepEqual(count(decided.map(wishName)), count(wanted.map(wishName)), 'each wish was decided once');
}

const entries = homes.flatMap(({ log }) => log.entries).filter(({ by }) => by === 'user');
const isRefused = (entry) => outcomeOf(entry) === 'refused';
assert.equal(
	entries.filter((entry) => !isRefused(entry) && outcomeOf(entry) !== 'applied').length,
	0,
	'all are decided',
);
const shown = refusals.flatMap(({ machine, refused }) => refused.map((one) => `${machine}: ${wishName(one)}`));
const said = wishes
	.filter((one) => entries.some((entry) => isRefused(entry) && wishName(entry) === wishName(one)))
	.map((one) => `${one.machine}: ${wishName(one)}`);
assert.deepEqual(count(shown), count(said), 'refusals are shown where they were said');
assert.ok(said.length >= 2, 'something was refused');

console.log(`${landed} landings on two mains, each item once, each on the tree that was gated`);
console.log(`${replicas.length} replicas of ${homes.length} projects show the same`);
console.log(
	`${wishes.length} wishes: ${wishes.length - said.length} applied once, ${said.length} refused once and told`,
);
