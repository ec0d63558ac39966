/**
 * What this machine offers to hold runs together and to confine them: which programs, whether cgroups can be made,
 * which system call makes a reaper. Looked up once at start; whether it really works is proved by a trial run.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { Anchor } from '../../../shared/ports/index.ts';
import { type CgroupProbe, probeCgroup } from './cgroup.ts';
import type { NamespaceMode, Tools } from './launch.ts';

export interface Means {
	readonly tools: Tools;
	readonly cgroup: CgroupProbe;
	/** Modes worth a trial, best first. */
	readonly namespaceModes: readonly NamespaceMode[];
	/** prctl's number for the reaper, null where there is no perl or the processor is not known. */
	readonly reaperCall: number | null;
	readonly uid: number;
	readonly gid: number;
}

/** System programs are looked for where the system has them, not in a PATH that a person or a project may have changed. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin';

const prctlNumbers: Readonly<Record<string, number>> = {
	x64: 157,
	arm64: 167,
	riscv64: 167,
	loong64: 167,
	ppc64: 171,
	s390x: 172,
};

export function findMeans(scope: string, anchors: readonly Anchor[]): Means {
	const find = (name: string): string | null => findProgram(name, '/', systemPath);
	const tools: Tools = {
		sh: find('sh') ?? '/bin/sh',
		unshare: find('unshare'),
		setpriv: find('setpriv'),
		mount: find('mount'),
		umount: find('umount'),
		perl: find('perl'),
	};
	const uid = process.getuid?.() ?? 0;
	return {
		tools,
		cgroup: probeCgroup(scope, anchors.includes('cgroup')),
		namespaceModes: tools.unshare && tools.mount && tools.umount ? modesFor(uid, tools) : [],
		reaperCall: tools.perl ? (prctlNumbers[process.arch] ?? null) : null,
		uid,
		gid: process.getgid?.() ?? 0,
	};
}

function modesFor(uid: number, tools: Tools): readonly NamespaceMode[] {
	return uid === 0 && tools.setpriv ? ['root', 'user'] : ['user'];
}

/** The path of an executable file, as a shell would find it; null when there is none. */
export function findProgram(name: string, cwd: string, path: string): string | null {
	if (name.includes('/')) return isExecutable(resolve(cwd, name)) ? resolve(cwd, name) : null;
	for (const folder of path.split(':')) {
		const candidate = isAbsolute(folder) ? join(folder, name) : resolve(cwd, folder, name);
		if (isExecutable(candidate)) return candidate;
	}
	return null;
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}
