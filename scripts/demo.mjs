/**
 * The main job, shown on a real repository made in a temporary folder: five items are worked on by scripts in clones of
 * their own, gated, reviewed, landed exactly once, through a SIGKILL of the node in the middle. It uses nothing but
 * git and the `gangline` command, as a person would.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { items, shop } from './demo-shop.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const launcher = join(here, '..', 'gateway', 'cli', 'gangline.js');
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (colour ? `\u001b[1m${text}\u001b[0m` : text);
const dim = (text) => (colour ? `\u001b[2m${text}\u001b[0m` : text);

const folder = mkdtempSync(join(tmpdir(), 'gangline-demo-'));
const repository = join(folder, 'corner-shop');
const env = { ...process.env, GANGLINE_HOME: join(folder, 'state'), GANGLINE_PORT: '0', NO_COLOR: '1' };
for (const who of ['AUTHOR', 'COMMITTER']) {
	env[`GIT_${who}_NAME`] ??= 'Ada';
	env[`GIT_${who}_EMAIL`] ??= 'ada@example.org';
}

function say(text) {
	console.log(`\n${bold(`— ${text}`)}`);
}

function git(...args) {
	return execFileSync('git', ['-C', repository, ...args], { env, encoding: 'utf8' }).trimEnd();
}

/** Runs `gangline` and shows what a person would see. */
function gangline(...args) {
	console.log(dim(`$ gangline ${args.map((arg) => (/[\s"]/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')}`));
	const result = spawnSync(process.execPath, [launcher, ...args], { cwd: repository, env, encoding: 'utf8' });
	process.stdout.write(indent(result.stdout));
	if (result.status !== 0) fail(`gangline ${args[0]} exited ${result.status}\n${result.stderr}`);
	return result.stdout;
}

function json(...args) {
	const result = spawnSync(process.execPath, [launcher, ...args, '--json'], { cwd: repository, env, encoding: 'utf8' });
	if (result.status !== 0) fail(`gangline ${args.join(' ')} exited ${result.status}\n${result.stderr}`);
	return JSON.parse(result.stdout);
}

/** Asks until `done` is true of the board, showing each item's moves as they happen. */
async function watch(done, seconds = 90) {
	const end = Date.now() + seconds * 1000;
	const seen = new Map();
	for (;;) {
		const board = json('status');
		for (const item of board.items) {
			const now = item.lastFailure && item.stage !== 'done' ? `${item.stage} (${item.lastFailure.reason})` : item.stage;
			if (seen.get(item.name) === now) continue;
			seen.set(item.name, now);
			console.log(`  ${item.name} ${item.title} ${dim('→')} ${now}`);
		}
		if (done(board)) return board;
		if (Date.now() > end) fail(`still waiting after ${seconds} s:\n${JSON.stringify(board.items, null, 1)}`);
		await new Promise((resolve) => setTimeout(resolve, 150));
	}
}

function indent(text) {
	return text.replace(/^(?=.)/gm, '  ');
}

function fail(message) {
	console.error(`\ndemo: ${message}`);
	try {
		console.error(readFileSync(join(folder, 'state', 'node.log'), 'utf8').slice(-3000));
	} catch {
		// No log was written: the message has to do.
	}
	cleanUp();
	process.exit(1);
}

function cleanUp() {
	spawnSync(process.execPath, [launcher, 'stop'], { cwd: repository, env });
	if (process.env.GANGLINE_DEMO_KEEP) console.log(`kept: ${folder}`);
	else rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

function makeShop() {
	mkdirSync(repository);
	execFileSync('git', ['init', '-q', '-b', 'main', repository], { env });
	for (const [path, text] of Object.entries(shop())) {
		const full = join(repository, path);
		mkdirSync(dirname(full), { recursive: true });
		writeFileSync(full, text);
	}
	execFileSync('npm', ['install', '--package-lock-only', '--offline', '--no-audit', '--no-fund', '--loglevel=error'], {
		cwd: repository,
		env,
		stdio: 'ignore',
	});
	git('add', '-A');
	git('commit', '-q', '-m', 'A corner shop');
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
	gangline('add', 'Say in README.md which files are in src/till, one line each', '--agent', name);
	await approveUntil((board) => {
		const item = board.items.find(({ number }) => number === 6);
		if (item?.stage === 'blocked') fail(`${name} could not do it: ${item.stageReason ?? item.waitsBecause}`);
		return item?.stage === 'done';
	}, 600);
}

/** A person who looks at whatever waits for them and approves it. */
function approveUntil(done, seconds) {
	const asked = new Set();
	return watch((board) => {
		for (const { stage, number } of board.items) {
			if (stage !== 'reviewHold' || asked.has(number)) continue;
			asked.add(number);
			gangline('diff', String(number), '--stat');
			gangline('approve', String(number));
		}
		return done(board);
	}, seconds);
}

const [option, agent] = process.argv.slice(2);
if (option === '--agent' && !Object.hasOwn(agents, agent ?? '')) {
	console.error('demo: --agent needs claude or codex');
	process.exit(2);
}

// An impatient person's Ctrl-C leaves no node behind either.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => fail(`ended by ${signal}`));

const started = Date.now();
try {
	say(`A repository of ${Object.keys(shop()).length} files, in ${repository}`);
	makeShop();
	gangline('init', '--yes', '--no-input', '--review', 'human', '--landing', 'local');
	gangline('start');

	say('Five items: a bug, a rename over 30 files, a dependency bump, a formatter, a feature');
	for (const { title, type, script } of items) gangline('add', title, '--type', type, '--run', script);

	say('The first one is done; a person looks at the diff');
	await watch((board) => board.items.find(({ number }) => number === 1)?.stage === 'reviewHold');
	gangline('diff', '1');
	say('Trusted: from now on what is green lands (one line of the project file, a commit like any other)');
	gangline('approve', '1', '--land-when-green');
	await watch((board) => board.items.find(({ number }) => number === 1)?.stage === 'done');

	say('SIGKILL of the node in the middle, and its return');
	const { pid } = JSON.parse(readFileSync(join(folder, 'state', 'api.json'), 'utf8'));
	process.kill(pid, 'SIGKILL');
	console.log(`  killed ${pid}`);
	gangline('start');
	await approveUntil((board) => board.items.every(({ stage }) => stage === 'done'));
	if (option === '--agent') await oneItemByAgent(agent);

	say('What is on main now');
	gangline('status');
	console.log(indent(git('log', '--oneline', '--first-parent', 'main')));
	console.log(`\n${indent(git('show', '--stat', '--format=%s%n%n%b', ':/Prices are rounded'))}`);

	say('Checked by a script that knows git and JSON, nothing of Gangline');
	const dump = join(folder, 'dump.json');
	writeFileSync(dump, JSON.stringify({ board: json('status'), log: json('log', '--limit', '500') }));
	const check = spawnSync(process.execPath, [join(here, 'demo-check.mjs'), repository, dump], { encoding: 'utf8' });
	process.stdout.write(indent(check.stdout));
	if (check.status !== 0) fail(`the check failed:\n${check.stderr}`);

	console.log(`\n${bold(`Done in ${Math.round((Date.now() - started) / 1000)} s.`)} Now in your repository:\n`);
	console.log('  ./scripts/install\n  cd your-repository\n  gangline init\n  gangline start\n  gangline add "…"\n');
} finally {
	cleanUp();
}
