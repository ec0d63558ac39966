/**
 * A run that tries to destroy what it must not reach, in folders whose names are as bad as names can be, and what of
 * them is left afterwards. Also run as a program by an unprivileged user: prints what it found as JSON.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProcesses } from '../../node/agents/processes/index.ts';
import type { Anchor, Processes } from '../../shared/ports/index.ts';
import { growAndStop, plainEnv, removeStage, type TreeOutcome, temporaryStage, unconfined } from './hostile-tree.ts';

export interface VandalOutcome {
	readonly said: string;
	/** Every file below the state folder with its content. */
	readonly state: Readonly<Record<string, string>>;
}

const badName = 'a "b\' $(touch pwned) `touch pwned`\n;ü * c';

const vandalism = `
test "$4" != cgroup || grep -q '/vandal$' /proc/self/cgroup || echo 'is not in its cgroup'
cd .. && ls -A && cd "$OLDPWD"
rm -rf "$1" "$2" ../* ../.[!.]* 2>/dev/null
echo x > "$2/o" 2>/dev/null && echo 'wrote the objects'
chmod -R 777 "$1" "$2" 2>/dev/null
umount "$1" "$2" 2>/dev/null && echo 'unmounted'
unshare -Urm umount "$2" 2>/dev/null && echo 'unmounted in a nested namespace'
nsenter -t 1 -m true 2>/dev/null && test -e "$1/store" && echo 'entered another namespace'
cat /proc/1/root"$1"/store 2>/dev/null
for p in /proc/[0-9]*/cwd; do test -e "$p/../../store" && echo 'reached around by cwd'; done
test "$4" = cgroup && echo 0 > "$3/cgroup.procs" 2>/dev/null && echo 'left the cgroup'
kill -9 -1 2>/dev/null
echo "own work" > work.txt
echo done
`;

/** Runs the vandal confined to its own clone. */
export async function vandalise(processes: Processes): Promise<VandalOutcome> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-vandal '));
	const state = join(folder, badName);
	const own = join(state, 'clones', `own ${badName.slice(0, 6)}`);
	const objects = join(state, 'canonical', 'objects');
	for (const path of [own, objects, join(state, 'clones', 'other')]) mkdirSync(path, { recursive: true });
	writeFileSync(join(state, 'store'), 'precious');
	writeFileSync(join(objects, 'o'), 'object');
	writeFileSync(join(state, 'clones', 'other', 'f'), 'theirs');
	let said = '';
	try {
		const run = processes.start({
			id: 'vandal',
			argv: ['sh', '-c', vandalism, 'sh', state, objects, '/sys/fs/cgroup/unified', processes.anchor],
			cwd: own,
			env: plainEnv,
			confinement: { hidden: [state], readOnly: [objects], writable: [own] },
			onOutput: (_, bytes) => {
				said += Buffer.from(bytes).toString('utf8');
			},
		});
		const end = await run.exited;
		await run.stop(0);
		if (end.kind !== 'code') said += JSON.stringify(end);
		return { said, state: contents(state) };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function contents(folder: string, prefix = ''): Record<string, string> {
	const found: Record<string, string> = {};
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		const name = entry.name.startsWith('own ') ? 'own' : entry.name;
		if (entry.isDirectory()) Object.assign(found, contents(path, `${prefix}${name}/`));
		else found[`${prefix}${name}`] = readFileSync(path, 'utf8');
	}
	return found;
}

export interface UnprivilegedOutcome {
	readonly anchor: Anchor;
	readonly confines: boolean;
	readonly tree: TreeOutcome;
	readonly vandal: VandalOutcome | null;
}

/** The whole trial with one anchor: a hostile tree and, where it can be confined, the vandal. */
export async function trial(
	anchor: Anchor,
): Promise<UnprivilegedOutcome | { readonly anchor: Anchor; readonly reason: string }> {
	const scope = `trial-${process.pid}-${anchor.toLowerCase()}`;
	const processes = await createProcesses({ scope, anchors: [anchor], stage: temporaryStage() }).catch(
		(error: unknown) => error,
	);
	if (processes instanceof Error) return { anchor, reason: processes.message };
	const usable = processes as Processes;
	const tree = await growAndStop(usable, 'tree', { confinement: unconfined });
	const vandal = usable.confines.enforced ? await vandalise(usable) : null;
	return { anchor, confines: usable.confines.enforced, tree, vandal };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const outcomes = [];
	for (const anchor of process.argv.slice(2)) outcomes.push(await trial(anchor as Anchor));
	removeStage();
	process.stdout.write(JSON.stringify(outcomes));
}
