/**
 * The best anchor: a cgroup (version 2) per run, below our own one, so that a run of ours that is stopped by someone
 * else takes its own runs with it. `cgroup.kill` ends all members at once, against forks and against moving about;
 * `populated 0` is the kernel's word that nobody is left.
 */
import {
	accessSync,
	constants,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isBlind } from './proc-table.ts';

/** Where this process may make cgroups, or why it may not. */
export type CgroupProbe =
	| { readonly kind: 'usable'; readonly mount: string; readonly folder: string }
	| { readonly kind: 'unusable'; readonly mount: string | null; readonly reason: string };

/** Finds the folder of this node's runs below our own cgroup and proves that a group there can be killed. */
export function probeCgroup(scope: string, isWanted: boolean): CgroupProbe {
	const mount = findCgroupMount(readText('/proc/self/mountinfo'));
	if (mount === null) return { kind: 'unusable', mount, reason: 'no cgroup version 2 is mounted' };
	if (!isWanted) return { kind: 'unusable', mount, reason: 'not wanted' };
	const own = /^0::(.*)$/m.exec(readText('/proc/self/cgroup'))?.[1];
	if (own === undefined) return { kind: 'unusable', mount, reason: '/proc/self/cgroup names no version 2 group' };
	const folder = join(mount, own, `gangline-${scope}`);
	const trial = join(folder, `probe-${process.pid}`);
	try {
		// Moving a process needs the right to write this file of the common ancestor as well.
		accessSync(join(mount, own, 'cgroup.procs'), constants.W_OK);
		mkdirSync(trial, { recursive: true });
		writeFileSync(join(trial, 'cgroup.kill'), '1');
		endCgroup(trial);
	} catch (error) {
		endCgroup(trial);
		return { kind: 'unusable', mount, reason: `cannot make cgroups in ${join(mount, own)}: ${String(error)}` };
	}
	return { kind: 'usable', mount, folder };
}

/** The mount point of the cgroup2 file system, null where there is none. */
export function findCgroupMount(mountinfo: string): string | null {
	for (const line of mountinfo.split('\n')) {
		const [before, after] = line.split(' - ');
		if (!after?.startsWith('cgroup2 ')) continue;
		const point = before?.split(' ')[4];
		if (point)
			return point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
	}
	return null;
}

export function makeCgroup(folder: string, id: string): string {
	const path = join(folder, id);
	mkdirSync(path, { recursive: true });
	return path;
}

/** The pids in a cgroup and in all below it. */
export function cgroupMembers(path: string): number[] {
	const pids = readText(join(path, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
	for (const child of childGroups(path)) pids.push(...cgroupMembers(child));
	// 0 stands for a process of another pid namespace.
	return pids.filter((pid) => pid > 0);
}

/** Ends everything in it and below it. Says nothing about when: look at `isPopulated`. */
export function killCgroup(path: string): void {
	try {
		writeFileSync(join(path, 'cgroup.kill'), '1');
	} catch {
		// It is gone, which only an empty one can be.
	}
}

/** The kernel's answer whether anything but zombies is in it or below it. */
export function isPopulated(path: string): boolean {
	return /^populated 1$/m.test(readText(join(path, 'cgroup.events')));
}

/** Removes a run's empty cgroup, and the folder of the runs when it was the last. */
export function endCgroup(path: string): void {
	removeCgroup(path);
	if (!existsSync(path) && childGroups(dirname(path)).length === 0) removeCgroup(dirname(path));
}

function removeCgroup(path: string): void {
	for (const child of childGroups(path)) removeCgroup(child);
	try {
		rmdirSync(path);
	} catch {
		// Not empty, or gone already: the next sweep looks again.
	}
}

/** The ids of the runs that have a cgroup. */
export function listCgroups(folder: string): string[] {
	return existsSync(folder) ? childGroups(folder).map((path) => path.slice(folder.length + 1)) : [];
}

function childGroups(path: string): string[] {
	try {
		return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
			entry.isDirectory() ? [join(path, entry.name)] : [],
		);
	} catch {
		return [];
	}
}

function readText(path: string): string {
	try {
		return readFileSync(path, 'latin1');
	} catch (error) {
		if (isBlind(error)) throw error;
		return '';
	}
}
