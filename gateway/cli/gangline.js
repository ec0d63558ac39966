#!/usr/bin/env node
/*
 * The launcher: plain JavaScript for Node.js 18 and later, without dependencies. Gangline itself runs on the Node.js 24
 * that is installed with it (the npm package `node`), so that a person's own older one is enough to start it. It runs
 * the bundled files, which start in a third of the time, where they are made from the sources beside them or there are
 * none; the sources otherwise. Arguments, signals and exit code are passed through.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const wanted = 24;
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');

/** Says what is wrong and what to do; 5 is the exit code of a machine that is not fit. */
function refuse(what, hint) {
	process.stderr.write(`gangline: ${what}\n→ ${hint}\n`);
	process.exit(5);
}

const major = Number(process.versions.node.split('.')[0]);
if (major < 18)
	refuse(
		`Node.js ${process.versions.node} is too old: expected 18 or later`,
		'install a newer one: https://nodejs.org',
	);
if (process.platform !== 'linux') {
	const names = { win32: 'Windows', darwin: 'macOS' };
	refuse(
		`${names[process.platform] ?? process.platform} is not supported: Gangline needs Linux (process trees are read from /proc)`,
		process.platform === 'win32' ? 'run it inside WSL 2' : 'run it on a Linux machine or in a Linux container',
	);
}

const sources = join(here, 'main.ts');
const bundled = join(root, 'dist', 'gateway', 'cli', 'main.js');
// Node.js strips types from sources, but not below node_modules: there only the bundled files run.
const isClone = existsSync(sources) && !root.split('/').includes('node_modules');
if (!isClone && !existsSync(bundled))
	refuse(
		`${bundled} is not there: this installation is not complete`,
		'install it again, or in a clone: npm ci && npm run build',
	);

const nodeBinary = findNode();
if (major === wanted) {
	// Already on the right one: no second process.
	keepCompiledCode();
	await runHere();
} else if (nodeBinary === null) {
	refuse(
		`the npm package \`node\` (Node.js ${wanted}) is not installed beside Gangline`,
		`run \`npm ci\` in ${root} (with install scripts allowed: npm rebuild node)`,
	);
} else {
	runOn(nodeBinary);
}

/** A clone is edited and pulled: its bundle runs while it is as new as the sources. */
async function chooseMain() {
	if (!isClone) return bundled;
	if (!existsSync(bundled)) return sources;
	const { bundleFits } = await import('./bundle-fits.js');
	return bundleFits(root) ? bundled : sources;
}

/** The binary of the npm package `node`, null where `npm ci` was not run or its install script was not allowed. */
function findNode() {
	try {
		const binary = join(dirname(nodeModule.createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
		return existsSync(binary) ? binary : null;
	} catch {
		return null;
	}
}

/** As shared/ports/system/compile-cache.ts does for the node: in the state folder, where that is there. */
function keepCompiledCode() {
	const { GANGLINE_HOME, XDG_STATE_HOME, HOME } = process.env;
	const folder = GANGLINE_HOME || (XDG_STATE_HOME ? `${XDG_STATE_HOME}/gangline` : `${HOME}/.local/state/gangline`);
	if (!folder.startsWith('/') || !nodeModule.enableCompileCache) return;
	const compiled = join(folder, 'compiled');
	try {
		if (existsSync(folder) && !existsSync(compiled)) mkdirSync(compiled, { mode: 0o700 });
	} catch {
		// A matter of speed alone.
	}
	if (existsSync(compiled)) nodeModule.enableCompileCache(compiled);
}

async function runHere() {
	const { main: start } = await import(pathToFileURL(await chooseMain()).href).catch((error) => {
		if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
		return refuse(
			`a package that Gangline needs is missing: ${error.message.split('\n')[0]}`,
			`run \`npm ci\` in ${root}`,
		);
	});
	await start();
}

function runOn(binary) {
	const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
	// Replaces this process where Node.js can: nothing left to pass signals through.
	if (typeof process.execve === 'function') process.execve(binary, [binary, ...args], process.env);
	const child = spawn(binary, args, { stdio: 'inherit' });
	// Ctrl-C reaches the child from the terminal itself; the others come to us alone.
	process.on('SIGINT', () => {});
	for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal));
	child.on('error', (error) => refuse(`${binary} cannot be run: ${error.message}`, `run \`npm ci\` in ${root}`));
	child.on('exit', (code, signal) => {
		if (signal === null) process.exit(code ?? 1);
		process.removeAllListeners(signal);
		process.kill(process.pid, signal);
	});
}
