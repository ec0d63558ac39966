/**
 * Several machines and a partition, shown in one temporary folder: a gateway, two projects whose homes are two machines,
 * a worker with an empty home that joins by the pasted line. The laptop is cut off while people go on everywhere, the
 * worker is killed in the middle of an item, and everything meets again. Each machine is processes of its own with a
 * home and state of its own; they talk over TCP. It uses nothing but git and the `gangline` command, as people would.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bold, dim, indent, makeRepository, openStage, pause, say } from './demo-machine.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const stage = openStage('demo --mesh');

const gateway = machine('gateway', 'ada');
const tower = machine('tower', 'ada', 'shop');
const laptop = machine('laptop', 'ben', 'library');
// All that the builder has before it joins: an empty home, and the programs of every Linux.
const builder = machine('builder', 'nobody', null, '/usr/local/bin:/usr/bin:/bin');

/** What people wanted, for the check at the end: machine, who, project, event, and the item by its first title. */
const wishes = [];
/** First title → key, of every item there was. */
const keys = new Map();

function machine(name, person, project = null, path = process.env.PATH) {
	const folder = join(stage.folder, name);
	const home = join(folder, 'home');
	mkdirSync(home, { recursive: true });
	const env = {
		PATH: path,
		HOME: home,
		USER: person,
		LANG: 'C.UTF-8',
		NO_COLOR: '1',
		GANGLINE_NAME: name,
		GANGLINE_GATEWAY_NAME: 'gateway',
		GANGLINE_HOME: join(folder, 'state'),
		GANGLINE_PORT: '0',
		GANGLINE_GATEWAY_PORT: '0',
		GANGLINE_MESH_PORT: '0',
		GANGLINE_BUILDS_PORT: '0',
	};
	for (const who of project === null ? [] : ['AUTHOR', 'COMMITTER']) {
		env[`GIT_${who}_NAME`] = person;
		env[`GIT_${who}_EMAIL`] = `${person}@example.org`;
	}
	const cwd = project === null ? home : join(folder, project);
	const command = name === 'builder' ? [join(home, '.local/bin/gangline')] : undefined;
	return Object.assign(stage.machine({ label: name, cwd, env, state: env.GANGLINE_HOME, command }), { name, person });
}

/** A project of one folder of sorted lists, and a gate that says so. */
function makeProject({ cwd, env }, folder, files) {
	const check = `#!/bin/sh\nset -e\nfor list in ${folder}/*; do test -s "$list"; LC_ALL=C sort -c "$list"; done\n`;
	makeRepository(cwd, { 'check.sh': check, ...files }, { env, message: 'The beginning' }).commit();
}

async function startProject({ quietly, gangline }) {
	const choices = ['--review', 'server', '--landing', 'local', '--gate', 'check=./check.sh'];
	await quietly(['init', '--yes', '--no-input', ...choices]);
	await gangline('start');
}

/** A person at `at` wants something; `event` is what the history calls it, `title` the item's first title. */
async function wish(at, project, { event, title }, ...args) {
	wishes.push({ machine: at.name, who: at.person, project, event, title });
	return at.gangline(...args, '-p', project);
}

/** Adds an item that a script does, and remembers its key. */
async function add(at, project, title, script, ...options) {
	await wish(at, project, { event: 'add', title }, 'add', title, '--run', script, ...options);
	const { items } = await at.json('status', '-p', project);
	keys.set(title, items.find((item) => item.title === title).key);
}

const atBuilder = ['--label', 'needs:builder'];
const list = (path, ...lines) => `printf '%s\\n' ${lines.join(' ')} > ${path}`;

async function waitFor(what, isSo, seconds = 60) {
	const end = Date.now() + seconds * 1000;
	while (!(await isSo())) {
		if (Date.now() > end) await stage.fail(`waited ${seconds} s for ${what}`);
		await pause(150);
	}
}

const itemOf = ({ items }, title) => items.find(({ key }) => key === keys.get(title));
/** Whether all of these are done, as the home has it. */
const done =
	(...titles) =>
	(board) =>
		titles.every((title) => itemOf(board, title)?.stage === 'done');
const heldBy = (board, title) => itemOf(board, title)?.holder?.node;

async function meet() {
	say('A gateway, where the machines meet, and the tower, home of the project shop');
	await gateway.gangline('gateway', 'start');
	await gateway.gangline('person', 'add', 'ben');
	makeProject(tower, 'goods', { 'goods/fruit': 'apple\nbanana\n' });
	await startProject(tower);
	await joinAs(tower, '--person', 'ada', '--home-for', 'shop');

	say('The laptop of ben, home of the project library');
	makeProject(laptop, 'shelves', { 'shelves/novels': 'Emma\nMiddlemarch\n' });
	await startProject(laptop);
	await joinAs(laptop, '--person', 'ben', '--home-for', 'library', '--work');

	say('The builder has an empty home, and joins by the line that the gateway prints: no Node.js, no root');
	const line = await gateway.quietly(['token', 'new', '--work', '--slots', '2']);
	console.log(`  ${line.slice(0, 60)}${dim(` … ${line.length} characters, with the hash of the build`)}`);
	console.log(dim('builder$ (that line)'));
	const pasted = await stage.run('sh', [], { cwd: builder.cwd, env: builder.env, stdin: line });
	process.stdout.write(indent(pasted.stdout));
	if (pasted.code !== 0) await stage.fail(`the pasted line exited ${pasted.code}\n${pasted.stderr}`);
	await waitFor('the builder to be qualified for both projects', async () => {
		const { nodes } = await gateway.json('nodes');
		const { qualified = [] } = nodes.find(({ name }) => name === 'builder') ?? {};
		return qualified.filter(({ ready }) => ready).length === 2;
	});
	await gateway.gangline('nodes');
}

async function joinAs({ quietly }, ...options) {
	const { token } = JSON.parse(
		await gateway.quietly(['token', 'new', ...options, '--json'], ['token', 'new', ...options]),
	);
	const stdout = await quietly(['join', token], ['join', `${token.slice(0, 12)}…`]);
	process.stdout.write(indent(stdout.split('\n').slice(0, 3).join('\n')));
	process.stdout.write('\n');
}

async function workTogether() {
	say('Worked on at the builder, landed at their homes; whoever may can say what is wanted anywhere');
	await add(tower, 'shop', 'Sell vegetables', list('goods/vegetables', 'beans', 'carrots'), ...atBuilder);
	await add(gateway, 'library', 'A shelf of poems', list('shelves/poems', 'Odes', 'Sonnets'), ...atBuilder);
	await add(laptop, 'library', 'A shelf of travels', list('shelves/travels', 'Alps', 'Nile'), '--hold');
	await add(laptop, 'library', 'A shelf of maps', list('shelves/maps', 'Rome'), '--hold');
	await add(laptop, 'library', 'A shelf of letters', list('shelves/letters', 'Abelard', 'Keats'), '--hold');
	await laptop.watch(done('A shelf of poems'));
	await tower.watch(done('Sell vegetables'));
	await laptop.gangline('why', '1');
}

async function partition() {
	say('The builder has begun an item of the library when the laptop is cut off from everyone');
	const cut = join(builder.env.HOME, 'cut');
	const binding = `until [ -e ${cut} ]; do sleep 0.2; done; ${list('shelves/bound', 'I', 'II')}`;
	await add(laptop, 'library', 'Bind the old volumes', binding, ...atBuilder);
	await laptop.watch((board) => heldBy(board, 'Bind the old volumes') === 'builder');
	await laptop.gangline('offline');
	writeFileSync(cut, '');

	say('Alone, the laptop goes on: ben deletes, starts and adds, and it lands by itself');
	await wish(laptop, 'library', { event: 'delete', title: 'A shelf of maps' }, 'delete', '3', '--yes');
	await wish(laptop, 'library', { event: 'start', title: 'A shelf of travels' }, 'move', '2', 'start');
	await wish(laptop, 'library', { event: 'edit', title: 'A shelf of letters' }, 'edit', '4', '--label', 'quiet');
	await add(laptop, 'library', 'A shelf of plays', list('shelves/plays', 'Faust', 'Hamlet'));

	say('The others do not know of that. What they want of the library is noted, and tentative until its home is back');
	await waitFor('the laptop to be missed', async () => {
		const { projects } = await gateway.json('mesh');
		return projects.find(({ name }) => name === 'library')?.words !== null;
	});
	await add(tower, 'library', 'A shelf of songs', list('shelves/songs', 'Lieder'), ...atBuilder);
	await add(gateway, 'library', 'A shelf of atlases', list('shelves/atlases', 'Mercator'), ...atBuilder);
	const letters = { event: 'edit', title: 'A shelf of letters' };
	await wish(tower, 'library', letters, 'edit', '4', '--title', 'Two shelves of letters');
	await wish(tower, 'library', { event: 'edit', title: 'A shelf of maps' }, 'edit', '3', '--title', 'Old maps');
	await wish(gateway, 'library', { event: 'start', title: 'A shelf of travels' }, 'move', '2', 'start');
	await tower.gangline('status', '-p', 'library');
	await gateway.gangline('mesh');
	await laptop.watch(done('A shelf of travels', 'A shelf of plays'));
	await laptop.gangline('status');
}

async function killTheWorker() {
	say('Meanwhile the builder is killed (SIGKILL) in the middle of an item of the shop, and comes back');
	const begun = join(builder.env.HOME, 'begun');
	const counting = `[ -e ${begun} ] || { touch ${begun}; sleep 600; }; ${list('goods/stock', 'apple:3', 'beans:9')}`;
	await add(tower, 'shop', 'Count the stock', counting, ...atBuilder);
	await waitFor('the item to run', () => existsSync(begun));
	await builder.gangline('ps');
	const killed = builder.pid();
	process.kill(killed, 'SIGKILL');
	console.log(`  killed ${killed}`);
	await builder.gangline('start');
	await tower.watch(done('Count the stock'));
	say('What waits for the laptop');
	await builder.gangline('mesh');
}

async function heal() {
	say('The laptop is back: what was wanted is applied late or refused with a reason, what was finished lands');
	await laptop.gangline('online');
	await laptop.watch(
		(board) =>
			done('Bind the old volumes', 'A shelf of songs', 'A shelf of atlases')(board) &&
			itemOf(board, 'A shelf of letters').title === 'Two shelves of letters',
	);
	await waitFor('everyone to know the outcome', async () => {
		const seen = await Promise.all([tower, gateway].map((at) => at.json('status', '-p', 'library')));
		return seen.every(({ items, home }) => home.changesWaiting === 0 && !items.some(({ tentative }) => tentative));
	});
	say('Merged: a title from the tower and a label from the laptop, both on #4. It is started now');
	await wish(tower, 'library', { event: 'start', title: 'A shelf of letters' }, 'move', '4', 'start');
	await laptop.watch(done('A shelf of letters'));
	await laptop.gangline('show', '4');
	say('Applied late, or refused');
	await laptop.gangline('log');
	say('Refusals are shown where the wish was said, until somebody has seen them');
	for (const at of [tower, gateway]) await at.gangline('refusals', '-p', 'library');
}

const projects = ['shop', 'library'];

/** Each home has what it decided; then all part, so that each answers from its own replica and from nothing else. */
async function dumpEverything() {
	const homes = [];
	for (const [project, home] of [
		['shop', tower],
		['library', laptop],
	])
		homes.push({ project, repository: home.cwd, log: await home.json('log', '--limit', '500') });
	const refusals = [];
	for (const at of [tower, laptop, gateway])
		for (const project of projects) {
			const { refused } = await at.json('refusals', '-p', project);
			refusals.push({ machine: at.name, project, refused });
		}
	await pause(2_000);
	for (const at of [tower, laptop]) await at.gangline('offline');
	const replicas = [];
	for (const at of [tower, laptop, gateway])
		for (const project of projects) {
			const { items } = await at.json('status', '-p', project);
			const shown = await Promise.all(items.map(({ key }) => at.json('show', key, '-p', project)));
			replicas.push({ machine: at.name, project, items: shown.map(({ item }) => item) });
		}
	const wanted = wishes.map(({ title, ...rest }) => ({ ...rest, key: keys.get(title) }));
	return { homes, refusals, replicas, wishes: wanted };
}

async function check() {
	say('Checked by a script that knows git and JSON, nothing of Gangline');
	const file = join(stage.folder, 'dump.json');
	writeFileSync(file, JSON.stringify(await dumpEverything(), null, 1));
	const { status, stdout, stderr } = spawnSync(process.execPath, [join(here, 'demo-mesh-check.mjs'), file], {
		encoding: 'utf8',
	});
	process.stdout.write(indent(stdout));
	if (status !== 0) await stage.fail(`the check failed:\n${stderr}`);
}

const started = Date.now();
try {
	await meet();
	await workTogether();
	await partition();
	await killTheWorker();
	await heal();
	say('What is on the mains now');
	for (const home of [tower, laptop]) {
		console.log(dim(`${home.name}$ git log --oneline --first-parent main`));
		console.log(indent(home.git('log', '--oneline', '--first-parent', 'main')));
	}
	await check();
	console.log(`\n${bold(`Done in ${Math.round((Date.now() - started) / 1000)} s.`)} With machines of your own:\n`);
	console.log('  gangline token new                # on the machine where you work; paste the line on another one\n');
} finally {
	await stage.end();
}
