/** Checks of the machine: what every project on it needs, whatever it is. */
import { requireGit } from '../../shared/git/index.ts';
import { GanglineError } from '../../shared/ports/errors.ts';
import { asRoot, type Check, type CheckResult, fail, ok, type Patient, warn } from './doctor-check.ts';
import { parseMounts } from './mounts.ts';

const gib = 1024 ** 3;
/** Below the first a clone of a middling project with its dependencies no longer fits; below the second a few do not. */
const freeBytesMin = { fail: gib, warn: 5 * gib };
/** One agent and the tests of a middling project. */
const memoryBytesMin = 2 * gib;
/** What watchers of tests and bundlers of two projects need. */
const inotifyWatchesMin = 65_536;
/** No machine that runs this was set up before: an earlier clock is a wrong one. */
const clockMsMin = Date.UTC(2025, 0, 1);

export const machineChecks: readonly Check[] = [
	{ id: 'linux', run: async ({ world }) => checkLinux(world.platform) },
	{ id: 'git', run: checkGit },
	{ id: 'node.js', run: async ({ world }) => checkNode(world.nodeVersion) },
	{ id: 'util-linux', run: checkPrograms },
	{ id: 'namespaces', run: checkNamespaces },
	{ id: 'cgroup', run: checkCgroup },
	{
		id: 'disk',
		run: async ({ world, session }) => checkSpace(await world.freeBytes(session.state.root), session.state.root),
	},
	{ id: 'memory', run: async ({ world }) => checkMemory((await world.read('/proc/meminfo')) ?? '') },
	{ id: 'inotify', run: checkInotify },
	{ id: 'clock', run: async ({ session }) => checkClock(session.context.clock.now()) },
];

export function checkLinux(platform: string): CheckResult {
	if (platform === 'linux') return ok('Linux');
	return fail(`this is ${platform}; process trees are read from Linux's /proc`, {
		advice: 'Run it on a Linux machine, in WSL 2 or in a Linux container.',
	});
}

async function checkGit({ world, session }: Patient): Promise<CheckResult> {
	try {
		return ok((await requireGit(session.context.env, world.platform)).text);
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		return fail(error.message, { fix: asRoot(world, 'apt-get install -y git') });
	}
}

export function checkNode(version: string): CheckResult {
	if (Number(version.split('.')[0]) >= 24) return ok(`Node.js ${version}`);
	return fail(`Node.js ${version}; expected 24, which is installed with Gangline`, {
		advice: 'Install again: scripts/install in the clone, or npm install -g gangline.',
	});
}

async function checkPrograms({ world }: Patient): Promise<CheckResult> {
	const wanted = ['flock', 'unshare', 'setpriv', 'mount'];
	const found = await Promise.all(wanted.map((program) => world.find(program)));
	const missing = wanted.filter((_, index) => found[index] === null);
	if (missing.length === 0) return ok(wanted.join(', '));
	const says = `${missing.join(', ')} not found on PATH: runs cannot be locked or confined`;
	return fail(says, { fix: asRoot(world, 'apt-get install -y util-linux mount') });
}

/** The trial that a confined run makes: a user and a mount namespace (root needs only the latter). */
async function checkNamespaces({ world }: Patient): Promise<CheckResult> {
	const flags = world.uid === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
	const trial = await world.run(['unshare', ...flags, '--pid', '--fork', 'true']);
	if (trial.code === 0) return ok('agents and gates can be confined to their clones');
	const says = 'namespaces cannot be made here, so agents and gates see the files that you see';
	const sysctl = async (key: string): Promise<string> =>
		((await world.read(`/proc/sys/${key.replaceAll('.', '/')}`)) ?? '').trim();
	const settings = [
		['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
		['kernel.unprivileged_userns_clone', '0', '1'],
		['user.max_user_namespaces', '0', '15000'],
	] as const;
	for (const [key, bad, good] of settings) {
		if ((await sysctl(key)) === bad)
			return warn(`${says} (${key} = ${bad})`, { fix: asRoot(world, `sysctl -w ${key}=${good}`) });
	}
	const why = trial.notStarted ?? trial.stderr.trim().split('\n').at(-1);
	return warn(`${says} (${why})`, {
		advice: 'In a container: run it with the right to make namespaces, or give it projects you trust.',
	});
}

async function checkCgroup({ world }: Patient): Promise<CheckResult> {
	const group = /^0::(\/.*)$/m.exec((await world.read('/proc/self/cgroup')) ?? '')?.[1];
	const mounts = parseMounts((await world.read('/proc/self/mountinfo')) ?? '');
	const mount = mounts.find(({ type }) => type === 'cgroup2')?.point;
	if (group === undefined || mount === undefined) {
		return warn('no cgroup version 2: process trees are held together by namespaces and marks instead');
	}
	const folder = `${mount}${group}`.replace(/\/$/, '');
	if (await world.canMakeFolder(folder)) return ok(`may make cgroups in ${folder}`);
	const says = `may not make cgroups in ${folder}: process trees are held together by namespaces and marks instead`;
	const hasSystemd = (await world.stat('/run/systemd/system')) !== null;
	return warn(says, hasSystemd ? { fix: 'gangline stop && gangline service install' } : {});
}

export function checkSpace(free: number, folder: string): CheckResult {
	const says = `${(free / gib).toFixed(1)} GiB free at ${folder}`;
	const advice = { advice: 'Make room, or set GANGLINE_HOME to a folder on a larger disk.' };
	if (free < freeBytesMin.fail) return fail(`only ${says}`, advice);
	return free < freeBytesMin.warn ? warn(`only ${says}`, advice) : ok(says);
}

export function checkMemory(meminfo: string): CheckResult {
	const kib = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? Number.NaN);
	if (Number.isNaN(kib)) return warn('/proc/meminfo does not say how much memory is available');
	const says = `${((kib * 1024) / gib).toFixed(1)} GiB of memory available`;
	if (kib * 1024 >= memoryBytesMin) return ok(says);
	return warn(`only ${says}: an agent and a test run may not fit together`, {
		advice: 'Set GANGLINE_SLOTS=1, or end other programs.',
	});
}

async function checkInotify({ world }: Patient): Promise<CheckResult> {
	const watches = Number((await world.read('/proc/sys/fs/inotify/max_user_watches')) ?? Number.NaN);
	if (Number.isNaN(watches)) return ok('no limit on watched files');
	if (watches >= inotifyWatchesMin) return ok(`${watches} files may be watched`);
	return warn(`only ${watches} files may be watched: test watchers of several clones will fail with ENOSPC`, {
		fix: asRoot(world, 'sysctl -w fs.inotify.max_user_watches=524288'),
	});
}

export function checkClock(now: number): CheckResult {
	const shown = new Date(now).toISOString().slice(0, 16);
	if (now >= clockMsMin) return ok(`${shown} UTC`);
	return fail(`the clock says ${shown} UTC, which is past: commits would be dated wrongly`, {
		advice: 'Set the clock: timedatectl set-ntp true, or date -s.',
	});
}
