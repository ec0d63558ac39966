/**
 * The main job, shown on a real repository made in a temporary folder: five items are worked on by scripts in clones of
 * their own, gated, reviewed, landed exactly once, through a SIGKILL of the node in the middle. It uses nothing but
 * git and the `gangline` command, as a person would.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bold, indent, makeRepository, openStage, say } from './demo-machine.mjs';
import { items, shop } from './demo-shop.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [option, agent] = process.argv.slice(2);
if (option === '--agent' && !['claude', 'codex'].includes(agent)) {
	console.error('demo: --agent needs claude or codex');
	process.exit(2);
}

const stage = openStage('demo');
const repository = join(stage.folder, 'corner-shop');
const state = join(stage.folder, 'state');
const env = { ...process.env, GANGLINE_HOME: state, GANGLINE_PORT: '0', NO_COLOR: '1' };
for (const who of ['AUTHOR', 'COMMITTER']) {
	env[`GIT_${who}_NAME`] ??= 'Ada';
	env[`GIT_${who}_EMAIL`] ??= 'ada@example.org';
}
const { git, gangline, json, pid, watch } = stage.machine({ cwd: repository, env, state });

function makeShop() {
	const made = makeRepository(repository, shop(), { env, message: 'A corner shop' });
	execFileSync('npm', ['install', '--package-lock-only', '--offline', '--no-audit', '--no-fund', '--loglevel=error'], {
		cwd: repository,
		env,
		stdio: 'ignore',
	});
	made.commit();
}

/** Agents that the demo knows how to configure; the cap is named before anything is spent. */
const agents = {
	claude: { runtime: 'claude-code', costUsd: 0.5, words: 'at most 0.50 USD of your Claude account' },
	codex: { runtime: 'codex', costUsd: null, words: 'one short session of your Codex account (it names no price)' },
};

async function oneItemByAgent(name) {
	const { runtime, costUsd, words } = agents[name];
	say(`One item by ${name}, with the login that is there: ${words}`);
	git('pull', '-q', '--ff-only', 'gangline', 'main');
	const cap = costUsd === null ? '' : `max_cost_usd = ${costUsd}\n`;
	appendFileSync(
		join(repository, '.gangline', 'project.toml'),
		`\n[[agent]]\nname = "${name}"\nruntime = "${runtime}"\n${cap}`,
	);
	git('commit', '-q', '-am', `Let ${name} work here`);
	await gangline('add', 'Say in README.md which files are in src/till, one line each', '--agent', name);
	await approveUntil(async (board) => {
		const item = board.items.find(({ number }) => number === 6);
		if (item?.stage === 'blocked')
			await stage.fail(`${name} could not do it: ${item.stageReason ?? item.waitsBecause}`);
		return item?.stage === 'done';
	}, 600);
}

/** A person who looks at whatever waits for them and approves it. */
function approveUntil(done, seconds) {
	const asked = new Set();
	const look = async (board) => {
		for (const item of board.items) {
			const { number } = item;
			if (item.stage !== 'reviewHold' || asked.has(number)) continue;
			asked.add(number);
			await gangline('diff', String(number), '--stat');
			await gangline('approve', String(number));
		}
		return done(board);
	};
	return watch(look, { seconds });
}

const started = Date.now();
try {
	say(`A repository of ${Object.keys(shop()).length} files, in ${repository}`);
	makeShop();
	await gangline('init', '--yes', '--no-input', '--review', 'human', '--landing', 'local');
	await gangline('start');

	say('Five items: a bug, a rename over 30 files, a dependency bump, a formatter, a feature');
	for (const { title, type, script } of items) await gangline('add', title, '--type', type, '--run', script);

	say('The first one is done; a person looks at the diff');
	await watch((board) => board.items.find(({ number }) => number === 1)?.stage === 'reviewHold');
	await gangline('diff', '1');
	say('Trusted: from now on what is green lands (one line of the project file, a commit like any other)');
	await gangline('approve', '1', '--land-when-green');
	await watch((board) => board.items.find(({ number }) => number === 1)?.stage === 'done');

	say('SIGKILL of the node in the middle, and its return');
	const killed = pid();
	process.kill(killed, 'SIGKILL');
	console.log(`  killed ${killed}`);
	await gangline('start');
	await approveUntil((board) => board.items.every(({ stage }) => stage === 'done'));
	if (option === '--agent') await oneItemByAgent(agent);

	say('What is on main now');
	await gangline('status');
	console.log(indent(git('log', '--oneline', '--first-parent', 'main')));
	console.log(`\n${indent(git('show', '--stat', '--format=%s%n%n%b', ':/Prices are rounded'))}`);

	say('Checked by a script that knows git and JSON, nothing of Gangline');
	const dump = join(stage.folder, 'dump.json');
	writeFileSync(dump, JSON.stringify({ board: await json('status'), log: await json('log', '--limit', '500') }));
	const check = spawnSync(process.execPath, [join(here, 'demo-check.mjs'), repository, dump], { encoding: 'utf8' });
	process.stdout.write(indent(check.stdout));
	if (check.status !== 0) await stage.fail(`the check failed:\n${check.stderr}`);

	console.log(`\n${bold(`Done in ${Math.round((Date.now() - started) / 1000)} s.`)} Now in your repository:\n`);
	console.log('  ./scripts/install\n  cd your-repository\n  gangline init\n  gangline start\n  gangline add "…"\n');
	console.log('Several machines, one of them offline meanwhile: ./scripts/demo --mesh\n');
} finally {
	await stage.end();
}
