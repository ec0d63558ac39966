/**
 * Makes the adapter with the best anchor that works here. Nothing is believed that a tiny run has not shown: a machine
 * may have the programs and forbid what they do (containers, hardened kernels).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Anchor, ganglineError, type Processes } from '../../../shared/ports/index.ts';
import type { NamespaceMode } from './launch.ts';
import { LinuxProcesses } from './linux-processes.ts';
import { findMeans, type Means } from './means.ts';

export interface ProcessesOptions {
	/** Names this node on this machine, the same after a restart: `[a-z0-9-]+`. */
	readonly scope: string;
	/** An empty folder of the node's own: each confined run mounts over its own view of it. */
	readonly stage: string;
	/** The anchors to choose from; for tests of the lesser ones. Default: all. */
	readonly anchors?: readonly Anchor[];
	/**
	 * Where there are no namespaces, the kernel's fence may confine runs. It keeps them from making anything new beside what
	 * is hidden or read-only, so it is for places that are made for it, such as a container.
	 */
	readonly mayFence?: boolean;
	/** Of `mayFence`; for tests of the fence where there are namespaces. */
	readonly withoutNamespaces?: boolean;
}

const allAnchors: readonly Anchor[] = ['cgroup', 'pidNamespace', 'marker'];

/** Probes the machine and answers the adapter. @throws GanglineError UNSUITABLE_MACHINE when no anchor of those wanted works. */
export async function createProcesses(options: ProcessesOptions): Promise<Processes> {
	const { scope, stage, anchors = allAnchors, mayFence = false, withoutNamespaces = false } = options;
	if (!/^[a-z0-9-]{1,64}$/.test(scope)) {
		throw ganglineError('INVALID_ID', `${JSON.stringify(scope)} is no scope: expected up to 64 of [a-z0-9-]`);
	}
	const means = findMeans(scope, anchors);
	const base = { scope, means, stage };
	const proved = withoutNamespaces ? { mode: null, reason: 'namespaces are not wanted' } : await proveNamespaces(base);
	const isPossible: Record<Anchor, boolean> = {
		cgroup: means.cgroup.kind === 'usable',
		pidNamespace: proved.mode !== null,
		marker: true,
	};
	const anchor = anchors.find((candidate) => isPossible[candidate]);
	if (!anchor) {
		const reasons = [means.cgroup.kind === 'unusable' ? means.cgroup.reason : '', proved.reason]
			.filter(Boolean)
			.join('; ');
		throw ganglineError('UNSUITABLE_MACHINE', `none of ${anchors.join(', ')} can hold runs together here: ${reasons}`);
	}
	const unfenced = proved.mode !== null || !mayFence ? proved.reason : await proveFence(base);
	const isFenced = proved.mode === null && unfenced === null;
	const reason = [proved.reason, mayFence ? unfenced : null].filter(Boolean).join('; ');
	return new LinuxProcesses({
		...{ ...base, anchor, namespaces: proved.mode, isFenced },
		confines: proved.mode !== null || isFenced ? { enforced: true } : { enforced: false, reason },
	});
}

interface Base {
	readonly scope: string;
	readonly means: Means;
	readonly stage: string;
}

/** The first mode in which a run really cannot see what is hidden, nor write what is read-only, nor undo either. */
async function proveNamespaces(base: Base): Promise<{ readonly mode: NamespaceMode | null; readonly reason: string }> {
	let reason = 'the programs unshare, mount and umount of util-linux are needed';
	for (const mode of base.means.namespaceModes) {
		const failure = await trial(base, mode);
		if (failure === null) return { mode, reason: '' };
		reason = failure;
	}
	return { mode: null, reason };
}

/** Null when it holds, otherwise why not. */
async function proveFence(base: Base): Promise<string | null> {
	if (base.means.reaperCall === null) return 'a fence needs the program perl, on a processor that we know';
	return trial(base, 'fence');
}

/** Names are seen in a fence, and contents are not; nor are variables of whoever is outside. */
const fenceProof = `if cat "$1/secret" >/dev/null 2>&1; then echo "a hidden file was read"; exit 1; fi
if (: > "$1/x") 2>/dev/null; then echo "a hidden folder was written"; exit 1; fi
if (: > "$1/kept/x") 2>/dev/null; then echo "a read-only folder was written"; exit 1; fi
if cat "/proc/$2/environ" >/dev/null 2>&1; then echo "variables of another process were read"; exit 1; fi
: > "$1/own/x" || exit 1`;

const proof = `test ! -e "$1/secret" || { echo "a hidden file was seen"; exit 1; }
if (: > "$1/x") 2>/dev/null; then echo "a hidden folder was written"; exit 1; fi
if (: > "$1/kept/x") 2>/dev/null; then echo "a read-only folder was written"; exit 1; fi
if umount "$1" 2>/dev/null; then echo "a mount was undone"; exit 1; fi
: > "$1/own/x" || exit 1`;

/** Null when the trial went as it must, otherwise what went wrong. */
async function trial(base: Base, mode: NamespaceMode | 'fence'): Promise<string | null> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-trial-'));
	for (const name of ['kept', 'own']) mkdirSync(join(folder, name));
	writeFileSync(join(folder, 'secret'), 'hidden');
	// The marker anchor is enough for a run that is this short, and does not hide a failure of the namespaces.
	const isFenced = mode === 'fence';
	const namespaces = isFenced ? null : mode;
	const processes = new LinuxProcesses({
		...{ ...base, anchor: 'marker', namespaces, isFenced, confines: { enforced: true } },
	});
	let said = '';
	try {
		const run = processes.start({
			id: `trial-${process.pid}-${mode}`,
			argv: [base.means.tools.sh, '-c', isFenced ? fenceProof : proof, 'trial', folder, String(process.pid)],
			cwd: join(folder, 'own'),
			env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
			confinement: { hidden: [folder], readOnly: [join(folder, 'kept')], writable: [join(folder, 'own')] },
			onOutput: (_, bytes) => {
				said = `${said}${Buffer.from(bytes).toString('utf8')}`.slice(0, 500);
			},
		});
		const end = await run.exited;
		await run.stop(0);
		if (end.kind === 'code' && end.code === 0) return null;
		return end.kind === 'notStarted' ? end.reason : said.trim() || `the trial ended with ${JSON.stringify(end)}`;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
