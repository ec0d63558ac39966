/**
 * Branch coverage of the code that accepts, grants and lands, by its unit tests and a few simulated meshes: per group,
 * with the files below the floor and the lines of what no test reaches. Fails below nine branches of ten in a group.
 * `node scripts/coverage.mjs [PATH…]`: other tests than those.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const floorPercent = 90;

const home = (names) => names.map((name) => `node/home/${name}.ts`);
const groups = {
	accepting: [
		...home(['home', 'intake', 'recall-forgotten', 'exchange', 'open-facts', 'author-rights', 'rules-context']),
		...home(['report-intents', 'worker-desk']),
		'shared/pipeline/',
	],
	granting: [
		...home(['grants', 'work-loop', 'plan-work', 'plan-drafts', 'placer', 'worker-pool', 'missing-results']),
		...home(['agent-for', 'needed-labels', 'allowances', 'budget', 'run-book']),
		'gateway/scheduler/',
		'shared/placement/',
	],
	landing: home(['landing', 'landing-queue', 'main-reader', 'independent-check', 'qualification', 'review']),
};
const tests = [
	...['home', 'pipeline', 'placement', 'gateway', 'replica', 'registry', 'operations'].map(
		(name) => `test/unit/${name}`,
	),
	...['mesh', 'workers'].map((name) => `test/simulation/${name}.test.ts`),
];

/** What the tests left unreached, by file. */
function measure(chosen) {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-coverage-'));
	try {
		const vitest = join(root, 'node_modules/.bin/vitest');
		const flags = ['run', '--config', 'test/vitest.config.ts', '--coverage.enabled', '--reporter=dot'];
		// What counts takes a few times as long.
		flags.push('--testTimeout=600000');
		const { status } = spawnSync(vitest, [...flags, `--coverage.reportsDirectory=${folder}`, ...chosen], {
			cwd: root,
			stdio: 'inherit',
			env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
		});
		if (status !== 0) process.exitCode = 1;
		const files = JSON.parse(readFileSync(join(folder, 'coverage-final.json'), 'utf8'));
		return Object.values(files).map((file) => ({ file: relative(root, file.path), ...branchesOf(file) }));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function branchesOf({ b: counts, branchMap }) {
	const all = Object.entries(counts).flatMap(([id, hits]) => hits.map((hit, arm) => ({ hit, id, arm })));
	const missed = all.filter(({ hit }) => hit === 0);
	const lineOf = ({ id, arm }) => branchMap[id].locations[arm]?.start.line ?? branchMap[id].loc.start.line;
	return { all: all.length, reached: all.length - missed.length, lines: [...new Set(missed.map(lineOf))] };
}

const percent = ({ reached, all }) => (all === 0 ? 100 : (100 * reached) / all);
const line = (name, one) => `${name.padEnd(40)} ${percent(one).toFixed(1).padStart(5)} %  ${one.reached} of ${one.all}`;

const chosen = process.argv.slice(2);
const seen = measure(chosen.length > 0 ? chosen : tests);
for (const [name, paths] of Object.entries(groups)) {
	const files = seen.filter(({ file }) =>
		paths.some((path) => file === path || (path.endsWith('/') && file.startsWith(path))),
	);
	const sum = (what) => files.reduce((total, one) => total + one[what], 0);
	const group = { reached: sum('reached'), all: sum('all') };
	process.stdout.write(`\n${line(name, group)}\n`);
	for (const one of files.filter((file) => percent(file) < floorPercent)) {
		process.stdout.write(`  ${line(one.file, one)}; lines ${one.lines.sort((a, b) => a - b).join(' ')}\n`);
	}
	if (group.all === 0 || percent(group) < floorPercent) {
		process.stdout.write(`  below ${floorPercent} %\n`);
		process.exitCode = 1;
	}
}
