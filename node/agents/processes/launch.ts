/**
 * The command line that starts a run under its anchor. Pure: a chain of small programs, each of which makes one thing
 * true and becomes the next: die with us, enter namespaces, join the cgroup, mount, give up the rights to undo it, run.
 * The scripts are constants and every path is an argument of its own, so no name of a folder is ever read as shell.
 */
import { fencer, type Grant } from './fence.ts';
import type { MountStep } from './mount-plan.ts';

/** The programs of this machine that a launch uses, by absolute path; null where there is none. */
export interface Tools {
	readonly sh: string;
	readonly unshare: string | null;
	readonly setpriv: string | null;
	readonly mount: string | null;
	readonly umount: string | null;
	readonly perl: string | null;
}

/** `root`: real root keeps its user. `user`: a user namespace gives the right to mount, a nested one takes it away. */
export type NamespaceMode = 'root' | 'user';

export interface LaunchPlan {
	readonly tools: Tools;
	/** The program with its path resolved, and its arguments. */
	readonly argv: readonly string[];
	readonly cwd: string;
	/** The cgroup to join, null without. What mounts for the program joins it on the way, all else at its beginning. */
	readonly cgroup: string | null;
	readonly namespaces: {
		readonly mode: NamespaceMode;
		readonly uid: number;
		readonly gid: number;
		/** An empty folder to bind things aside in. */
		readonly stage: string;
		/** Whether the steps cover it. */
		readonly isStageCovered: boolean;
		readonly steps: readonly MountStep[];
	} | null;
	/** What a run without namespaces may reach; null: everything. */
	readonly fence: { readonly call: number; readonly grants: readonly Grant[] } | null;
	/** The number of the prctl system call for a reaper above the program, null without. */
	readonly reaperCall: number | null;
}

/** What stands between us and the program: with a wrapper the leader must outlive the rest of its tree. */
export interface Launch {
	readonly argv: readonly string[];
	readonly wrapped: boolean;
	/** Descriptor 3 says `begun` (without it nothing ran) and `ended CODE` (without it all were killed). */
	readonly announces: boolean;
}

const join = 'echo $$ > "$1" && shift && exec "$@"';

/** The first process of the namespace: adopts and reaps orphans, and ends with the program (which ends all of them). */
const init = 'echo begun >&3; "$@" 3>&-; code=$?; echo "ended $code" >&3; exit "$code"';

/**
 * Joins the cgroup, if there is one, and carries out the steps of mount-plan.ts. To join one, the kernel waits until no
 * processor is in the middle of a fork, 10 ms where little runs; the mounts are made meanwhile. Its file is opened first,
 * because a step makes it read-only. The stage is used by relative path, because it may itself get covered.
 */
const enclose = `set -eu
mount=$1 umount=$2 stage=$3 isStageCovered=$4 cwd=$5 members=$6
shift 6
joiner=
if [ -n "$members" ]; then
	exec 4>"$members"
	echo $$ >&4 &
	joiner=$!
	exec 4>&-
fi
cd "$stage"
"$mount" -t tmpfs -o mode=0700,size=256k gangline "$stage"
cd "$stage"
while [ "$1" != -- ]; do
	case $1 in
	aside) "$mount" -o X-mount.mkdir,rbind "$3" "./$2"; shift 3 ;;
	here) "$mount" -o rbind,ro "$2" "$2"; shift 2 ;;
	cover) "$mount" -t tmpfs -o mode=0555,size=1m gangline "$2"; shift 2 ;;
	back) "$mount" -c -o "X-mount.mkdir,$2" "./$3" "$4"; shift 4 ;;
	seal) "$mount" -o remount,bind,ro "$2"; shift 2 ;;
	*) exit 125 ;;
	esac
done
shift
[ -z "$joiner" ] || wait "$joiner"
cd "$cwd"
[ "$isStageCovered" = yes ] || "$umount" -l "$stage"
exec "$@"`;

/**
 * Where there are no namespaces: the adoptive parent of all descendants (PR_SET_CHILD_SUBREAPER, 36), so that none
 * gets out of sight by forking twice. The program dies with it (PR_SET_PDEATHSIG, 1). It ends what the program left.
 */
const reaper = `my $call = 0 + shift @ARGV;
syscall($call, 36, 1) == 0 or die "no subreaper: $!\\n";
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP);
my $main = fork // die "fork: $!\\n";
if (!$main) {
	$SIG{$_} = 'DEFAULT' for qw(TERM INT HUP);
	syscall($call, 1, 9);
	exec { $ARGV[0] } @ARGV;
	exit 127;
}
my $status;
while ((my $pid = waitpid(-1, 0)) > 0) { if ($pid == $main) { $status = $?; last } }
for (1 .. 1000) {
	for my $stat (glob '/proc/[0-9]*/stat') {
		open(my $in, '<', $stat) or next;
		my $line = <$in> // next;
		kill 'KILL', $1 if $line =~ /^(\\d+) .*\\) \\S (\\d+) /s && $2 == $$;
	}
	my $pid;
	1 while ($pid = waitpid(-1, 1)) > 0;
	last if $pid < 0;
	select(undef, undef, undef, 0.005);
}
$SIG{$_} = 'DEFAULT' for qw(TERM INT HUP);
if (my $signal = $status & 127) { kill $signal, $$; sleep 1 }
exit($status >> 8);`;

/** Rights with which root could undo a mount or reach around it. */
const droppedRights = [
	'sys_admin',
	'sys_ptrace',
	'sys_module',
	'sys_rawio',
	'sys_boot',
	'mknod',
	'dac_read_search',
	'linux_immutable',
	'syslog',
];

/** The command for a plan. Names a tool only where the probe has found it. */
export function planLaunch(plan: LaunchPlan): Launch {
	const { tools, namespaces } = plan;
	const members = plan.cgroup && `${plan.cgroup}/cgroup.procs`;
	const mounts = namespaces !== null && namespaces.steps.length > 0;
	const fenced = namespaces === null ? inFence(plan) : plan.argv;
	let argv = fenced;
	if (namespaces) argv = inNamespaces(plan, namespaces, members ?? '');
	else if (plan.reaperCall !== null && tools.perl) argv = [tools.perl, '-e', reaper, String(plan.reaperCall), ...argv];
	const wrapped = argv !== fenced;
	if (tools.setpriv) argv = [tools.setpriv, '--pdeathsig', 'KILL', '--', ...argv];
	if (members && !mounts) argv = [tools.sh, '-c', join, 'gangline', members, ...argv];
	return { argv, wrapped, announces: namespaces !== null };
}

/** Next to the program: who holds the run together stays outside. */
function inFence({ tools: { perl }, fence, argv }: LaunchPlan): readonly string[] {
	if (fence === null || perl === null) return argv;
	const grants = fence.grants.flatMap(({ access, path }) => [access, path]);
	return [perl, '-e', fencer, String(fence.call), ...grants, '--', ...argv];
}

function inNamespaces(
	{ tools, argv, cwd }: LaunchPlan,
	{ mode, uid, gid, stage, isStageCovered, steps }: NonNullable<LaunchPlan['namespaces']>,
	members: string,
): readonly string[] {
	const { sh, unshare, setpriv, mount, umount } = tools;
	if (!unshare || !mount || !umount) return argv;
	const drop =
		mode === 'root' && setpriv
			? [setpriv, '--bounding-set', droppedRights.map((right) => `-${right}`).join(','), '--']
			: [unshare, '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'];
	const enter = [unshare, ...(mode === 'user' ? ['--user', '--map-root-user'] : [])];
	enter.push('--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--');
	const run = [...drop, sh, '-c', init, 'gangline', ...argv];
	if (steps.length === 0) return [...enter, ...run];
	const place = [mount, umount, stage, isStageCovered ? 'yes' : 'no', cwd, members];
	return [...enter, sh, '-c', enclose, 'gangline', ...place, ...steps.flat(), '--', ...run];
}
