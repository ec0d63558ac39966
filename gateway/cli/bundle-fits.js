/*
 * Whether the bundle in a clone's `dist` was made from the sources that are there now: none of them, and no folder of
 * them, was changed since it was begun. The launcher asks at each start of the command, so it is one look by `find`;
 * where that is not there, or anything is newer, the sources run. Plain JavaScript for Node.js 18, as the launcher.
 */
import { spawnSync } from 'node:child_process';

/** The bundle's own words about itself, relative to the folder with package.json; as old as the beginning of its making. */
export const bundleNote = 'dist/program.json';
const sources = ['shared', 'node', 'gateway', 'package.json', 'node_modules/.package-lock.json'];
const newerOnes = ['-path', 'gateway/web', '-prune', '-o', '-newer', bundleNote, '-print'];

/** @param {string} root the folder with package.json */
export function bundleFits(root) {
	const { status, stdout } = spawnSync('find', [...sources, ...newerOnes], { cwd: root, encoding: 'utf8' });
	return status === 0 && stdout === '';
}
