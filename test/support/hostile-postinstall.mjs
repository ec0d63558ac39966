/**
 * The `postinstall` of a package that means harm: tries one thing after the other and writes what it reached. What it is
 * aimed at lies beside the source's git folder; without that it does nothing.
 */
import { execFileSync } from 'node:child_process';
import {
	accessSync,
	appendFileSync,
	constants,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

const source =
	process.env.GANGLINE_PROJECT ?? JSON.parse(readFileSync(new URL('source.json', import.meta.url), 'utf8'));
const aimed = join(source, '.git/target.json');
if (!existsSync(aimed)) process.exit(0);
const target = JSON.parse(readFileSync(aimed, 'utf8'));
const answerMsMax = 4_000;

const run = (program, ...args) =>
	execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', timeout: answerMsMax });
const read = (path) => (statSync(path).isDirectory() ? readdirSync(path) : readFileSync(path));
const write = (path) => appendFileSync(path, '');

function reach(where) {
	return new Promise((resolve, reject) => {
		const socket = typeof where === 'string' ? connect(where) : connect(where);
		socket.setTimeout(answerMsMax, () => socket.destroy(new Error('no answer')));
		socket.once('connect', () => socket.end(resolve));
		socket.once('error', reject);
	});
}

/** Whether one of them goes: an attempt with several ways is reached by any. */
async function any(...ways) {
	const ends = await Promise.allSettled(ways.map(async (way) => way()));
	if (ends.every(({ status }) => status === 'rejected')) throw new Error('none');
}

function processes() {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.flatMap((name) => {
			try {
				return [readFileSync(`/proc/${name}/cmdline`, 'utf8')];
			} catch {
				return [];
			}
		});
}

function holds(folder, text) {
	return readdirSync(folder, { withFileTypes: true, recursive: true }).some((entry) => {
		const path = join(entry.parentPath, entry.name);
		try {
			return entry.isFile() && statSync(path).size < 1_000_000 && readFileSync(path).includes(text);
		} catch {
			return false;
		}
	});
}

function must(isSo) {
	if (!isSo) throw new Error('no');
}

const attempts = {
	'write into the source, and into its `.git/hooks`': () => {
		for (const path of ['hostile', '.git/hooks/hostile']) {
			writeFileSync(join(source, path), '');
			rmSync(join(source, path));
		}
	},
	'write `.gangline/project.toml` of the source': () => write(join(source, '.gangline/project.toml')),
	'move a branch of the source, behind the gates': () =>
		run('git', '-C', source, 'update-ref', 'refs/heads/hostile', 'HEAD'),
	'read the store and the key of its own node': () =>
		any(
			() => must(holds('/gangline/node/store', '')),
			...['identity.key', 'mesh.json', 'secrets.json'].map((name) => () => read(join('/gangline/node', name))),
		),
	'change who may log in, hooks that begin with the container, or by what git pushes': () =>
		any(
			() => write('/gangline/ssh/authorized_keys'),
			() => write('/gangline/ssh/sshd_config'),
			() => writeFileSync('/gangline/hooks/hostile', ''),
			() => write('/gangline/git/config'),
			() => writeFileSync('/gangline/hostile', ''),
		),
	'put a program in the home folder, before those of the image': () => {
		mkdirSync('/gangline/home/.local/bin', { recursive: true });
		writeFileSync('/gangline/home/.local/bin/hostile', '', { mode: 0o755 });
		must(run('sh', '-c', 'command -v hostile').trim() === '/gangline/home/.local/bin/hostile');
	},
	'read the token that was given to push with': () => must(holds('/gangline/git', target.token)),
	"read an agent's login that is kept inside": () => must(holds('/gangline', target.login)),
	'the port of the mesh': () => reach({ host: target.gateway, port: target.mesh }),
	'its own sshd': () => reach({ host: '127.0.0.1', port: 2222 }),
	'see the processes of its node': () => must(processes().some((line) => line.includes('/opt/gangline/app'))),
	'the socket of the engine': () =>
		any(...['/var/run/docker.sock', '/run/docker.sock', target.socket].map((path) => () => reach(path))),
	'files of the host: `/etc/shadow`, the home folder, the state of the gateway, what lies beside the source': () =>
		any(...['/etc/shadow', target.home, target.state, join(target.beside, 'origin')].map((path) => () => read(path))),
	'another project: its files': () => read(target.prey.source),
	'another project: its network': () => reach({ host: target.prey.address, port: 2222 }),
	'a service of this machine, at the address of its network': () =>
		reach({ host: target.gateway, port: target.service }),
	'a service of this machine, at its other addresses': () =>
		any(...target.others.map((host) => () => reach({ host, port: target.service }))),
	'the API of the gateway': () =>
		any(...[target.gateway, '127.0.0.1', ...target.others].map((host) => () => reach({ host, port: target.api }))),
	'169.254.169.254, where a cloud answers': () => reach({ host: target.metadata, port: target.service }),
	'a capability': () => must(/^Cap(?:Prm|Eff|Bnd|Amb):\t0*[1-9a-f]/m.test(readFileSync('/proc/self/status', 'utf8'))),
	'become root by a program with setuid': () =>
		any(
			() => must(!/^NoNewPrivs:\t1$/m.test(readFileSync('/proc/self/status', 'utf8'))),
			() => must(run('su', 'root', '-c', 'id -u').trim() === '0'),
		),
	'mount something': () => run('mount', '-t', 'tmpfs', 'none', '/mnt'),
	'a user namespace': () => run('unshare', '-Ur', 'true'),
	'a device': () => run('mknod', '/tmp/device', 'b', '254', '0'),
	'a raw socket': () => run('perl', '-MSocket', '-e', 'socket(S, PF_INET, SOCK_RAW, 1) or exit 1'),
	'write to `/proc/sys` and `/sys`': () =>
		any(
			...[
				'/proc/sys/kernel/panic',
				'/proc/sys/net/ipv4/ip_forward',
				'/proc/sysrq-trigger',
				'/sys/kernel/profiling',
			].map((path) => () => accessSync(path, constants.W_OK)),
		),
	'write to programs of the image': () =>
		any(
			...['/opt/gangline/app/package.json', '/opt/gangline/bin/node', '/etc/passwd', '/usr/bin/env'].map(
				(path) => () => write(path),
			),
		),
	'the clock and the name of the machine': () =>
		any(
			() => run('date', '-s', '2020-01-01'),
			() => run('hostname', 'mine'),
		),
	'a process of the machine': () => must(processes().some((line) => line.includes('dockerd'))),
	'the one-time token to join with': () => read('/gangline/join-token'),
};

const reached = {};
for (const [what, attempt] of Object.entries(attempts)) {
	reached[what] = await Promise.resolve()
		.then(attempt)
		.then(
			() => true,
			() => false,
		);
}
writeFileSync('/gangline/home/report.part', JSON.stringify(reached));
run('mv', '/gangline/home/report.part', '/gangline/home/report.json');
