/**
 * What /proc says. One pass reads every process' line of /proc/<pid>/stat; from it and from what a run has left as a
 * marker in the environment follows who belongs to the run. A pid alone names nobody: boot, pid and start time do.
 * Reading is synchronous on purpose, a tree that forks is chased faster that way.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import type { ProcessIdentity } from '../../../shared/ports/index.ts';

export interface ProcEntry {
	readonly pid: number;
	readonly parent: number;
	readonly group: number;
	readonly session: number;
	readonly startTicks: number;
	/** The first 15 letters of its program's name. */
	readonly name: string;
	/** R running, S waiting, D waiting for a disk, T stopped, Z zombie. */
	readonly state: string;
	/** Processor time of it and of children that it has reaped, in ticks. */
	readonly ticks: number;
	/** False for zombies: they hold a number and nothing else. */
	readonly alive: boolean;
}

export type ProcTable = ReadonlyMap<number, ProcEntry>;

/** The variable that every descendant of a run inherits. */
export const markerVariable = 'GANGLINE_RUN';

export function readBootId(): string {
	return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Parses a line of /proc/<pid>/stat. The name may hold spaces and brackets, so all is counted from the last `)`. */
export function parseStat(line: string): ProcEntry | null {
	const close = line.lastIndexOf(')');
	const pid = Number.parseInt(line, 10);
	if (close < 0 || !Number.isInteger(pid)) return null;
	const fields = line.slice(close + 2).split(' ');
	const [state, parent, group, session] = fields;
	const startTicks = Number(fields[19]);
	const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
	if (state === undefined || !Number.isFinite(startTicks)) return null;
	return {
		pid,
		parent: Number(parent),
		group: Number(group),
		session: Number(session),
		startTicks,
		name: line.slice(line.indexOf('(') + 1, close),
		state,
		ticks,
		alive: state !== 'Z' && state !== 'X' && state !== 'x',
	};
}

/** Without a free descriptor, or memory, nothing is seen: that says of nobody that it is gone. */
export function isBlind(error: unknown): boolean {
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM';
}

/** What a look has found; null where nothing can be looked at now, which is never taken for nobody. */
export function unlessBlind<Seen>(look: () => Seen): Seen | null {
	try {
		return look();
	} catch (error) {
		if (!isBlind(error)) throw error;
		return null;
	}
}

/** A line is some 300 bytes. One buffer for all: a look reads hundreds, and this halves its time. */
const statBytes = Buffer.alloc(4096);

/** Null where it is gone, or is nobody's to look at. Throws where nothing can be looked at now. */
export function readProcess(pid: number): ProcEntry | null {
	let file: number | null = null;
	try {
		file = openSync(`/proc/${pid}/stat`, 'r');
		return parseStat(statBytes.toString('latin1', 0, readSync(file, statBytes)));
	} catch (error) {
		if (isBlind(error)) throw error;
		return null;
	} finally {
		if (file !== null) closeSync(file);
	}
}

export function readProcTable(): ProcTable {
	const table = new Map<number, ProcEntry>();
	for (const name of readdirSync('/proc')) {
		if (!/^\d+$/.test(name)) continue;
		const entry = readProcess(Number(name));
		if (entry) table.set(entry.pid, entry);
	}
	return table;
}

/** Is this very process alive: same boot, same pid, same start, and no zombie? */
export function isAlive(identity: ProcessIdentity, bootId: string): boolean {
	if (identity.bootId !== bootId) return false;
	const entry = readProcess(identity.pid);
	return entry?.alive === true && entry.startTicks === identity.startTicks;
}

/** The marker of a process, null where it has none or we may not look. */
export function markerOf(pid: number): string | null {
	let environ: string;
	try {
		environ = readFileSync(`/proc/${pid}/environ`, 'latin1');
	} catch (error) {
		if (isBlind(error)) throw error;
		return null;
	}
	const at = environ.startsWith(`${markerVariable}=`) ? 0 : environ.indexOf(`\0${markerVariable}=`) + 1;
	if (at === 0 && !environ.startsWith(`${markerVariable}=`)) return null;
	const value = environ.slice(at + markerVariable.length + 1);
	const end = value.indexOf('\0');
	return end < 0 ? value : value.slice(0, end);
}

/**
 * Everything that descends from `roots`: children, and those that share a session or a group which one of them leads
 * (the kernel does not give a pid away while a session or a group has it). Never `except` and never init.
 */
export function descendants(table: ProcTable, roots: Iterable<number>, except: ReadonlySet<number>): Set<number> {
	const found = new Set<number>();
	for (const root of roots) if (table.has(root) && !except.has(root)) found.add(root);
	for (let before = -1; before !== found.size; ) {
		before = found.size;
		for (const entry of table.values()) {
			if (entry.pid === 1 || except.has(entry.pid)) continue;
			if (found.has(entry.parent) || found.has(entry.session) || found.has(entry.group)) found.add(entry.pid);
		}
	}
	return found;
}
