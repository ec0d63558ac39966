import { describe, expect, it } from 'vitest';
import { checkClock, checkLinux, checkMemory, checkNode, checkSpace } from '../../../gateway/cli/doctor-machine.ts';

import type { DoctorWorld } from '../../../gateway/cli/doctor-world.ts';
import { fileSystemOf, parseMounts } from '../../../gateway/cli/mounts.ts';
import { openClinic } from './clinic.ts';

/** A kernel whose files say this; all others are not there. */
function kernel(files: Readonly<Record<string, string>>): Pick<DoctorWorld, 'read'> {
	return { read: async (path) => files[path] ?? null };
}

const refusing: DoctorWorld['run'] = async () => ({
	code: 1,
	stdout: '',
	stderr: 'unshare: unshare failed: Operation not permitted',
	notStarted: null,
	timedOut: false,
});

describe('doctor on the machine', () => {
	it('finds nothing that fails on the one that runs this', async () => {
		using clinic = openClinic();
		for (const id of ['linux', 'git', 'node.js', 'util-linux', 'clock'])
			expect((await clinic.see(id)).status).toBe('ok');
	});

	it('refuses another system, an old Node.js and a clock of the past', () => {
		expect(checkLinux('darwin')).toMatchObject({ status: 'fail', advice: expect.stringContaining('Linux container') });
		expect(checkNode('20.1.0')).toMatchObject({ status: 'fail', advice: expect.stringContaining('scripts/install') });
		expect(checkClock(0)).toMatchObject({ status: 'fail', advice: expect.stringContaining('timedatectl') });
	});

	it('refuses an old git and passes with a newer one on PATH', async () => {
		using clinic = openClinic();
		const git = clinic.write('bin/git', '#!/bin/sh\necho git version 2.30.2\n');
		expect(await clinic.see('git')).toMatchObject({
			status: 'fail',
			fix: expect.stringMatching(/apt-get install -y git$/),
		});
		clinic.mend(`rm '${git}'`);
		expect((await clinic.see('git')).status).toBe('ok');
	});

	it('names missing programs and their packages', async () => {
		using clinic = openClinic();
		const found = await clinic.see('util-linux', {
			find: async (name) => (name === 'flock' ? null : `/bin/${name}`),
			uid: 1000,
		});
		expect(found).toMatchObject({ status: 'fail', fix: 'sudo apt-get install -y util-linux mount' });
		expect(found.says).toContain('flock not found');
	});

	const settings: readonly [string, string, string][] = [
		[
			'/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
			'1\n',
			'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
		],
		['/proc/sys/kernel/unprivileged_userns_clone', '0\n', 'sudo sysctl -w kernel.unprivileged_userns_clone=1'],
		['/proc/sys/user/max_user_namespaces', '0\n', 'sudo sysctl -w user.max_user_namespaces=15000'],
	];
	for (const [file, text, fix] of settings) {
		it(`says which setting forbids namespaces: ${file}`, async () => {
			using clinic = openClinic();
			expect(await clinic.see('namespaces', { ...kernel({ [file]: text }), run: refusing, uid: 1000 })).toMatchObject({
				status: 'warn',
				fix,
			});
		});
	}

	it('says what the kernel said when no setting explains it', async () => {
		using clinic = openClinic();
		const found = await clinic.see('namespaces', { ...kernel({}), run: refusing });
		expect(found).toMatchObject({ status: 'warn', says: expect.stringContaining('Operation not permitted') });
	});

	it('tells whether cgroups may be made, and what gives the right', async () => {
		using clinic = openClinic();
		const files = kernel({
			'/proc/self/cgroup': '0::/user.slice/app.scope\n',
			'/proc/self/mountinfo': '30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n',
		});
		const folder = { mode: 0o755, uid: 0, isFolder: true };
		const here = { ...files, stat: async () => folder };
		const bad = await clinic.see('cgroup', { ...here, canMakeFolder: async () => false });
		expect(bad).toMatchObject({ status: 'warn', fix: 'gangline stop && gangline service install' });
		const good = await clinic.see('cgroup', {
			...here,
			canMakeFolder: async (path) => path === '/sys/fs/cgroup/user.slice/app.scope',
		});
		expect(good.status).toBe('ok');
		expect((await clinic.see('cgroup', kernel({}))).status).toBe('warn');
	});

	it('judges disk, memory and watched files by what projects need', async () => {
		const gib = 1024 ** 3;
		expect([gib / 2, 2 * gib, 9 * gib].map((free) => checkSpace(free, '/x').status)).toEqual(['fail', 'warn', 'ok']);
		expect(checkMemory('MemAvailable:   500000 kB\n').advice).toContain('GANGLINE_SLOTS=1');
		expect(checkMemory('MemAvailable: 8000000 kB\n').status).toBe('ok');
		using clinic = openClinic();
		const watches = (text: string): Partial<DoctorWorld> => ({
			...kernel({ '/proc/sys/fs/inotify/max_user_watches': text }),
			uid: 0,
		});
		expect(await clinic.see('inotify', watches('8192\n'))).toMatchObject({
			status: 'warn',
			fix: 'sysctl -w fs.inotify.max_user_watches=524288',
		});
		expect((await clinic.see('inotify', watches('524288\n'))).status).toBe('ok');
	});

	it('sees a network file system below the state folder, and the printed fix leads away from it', async () => {
		using clinic = openClinic();
		const mounts = (type: string): string =>
			`1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / ${clinic.folder.replaceAll(' ', '\\040')} rw - ${type} x rw\n`;
		const read = (type: string): Pick<DoctorWorld, 'read'> => kernel({ '/proc/self/mountinfo': mounts(type) });
		const bad = await clinic.see('file system', read('nfs4'));
		expect(bad).toMatchObject({ status: 'fail', says: expect.stringContaining('nfs4') });
		clinic.mend(bad.fix);
		expect((await clinic.see('file system', read('nfs4'))).status).toBe('ok');
	});

	it('takes the innermost mount for a path', () => {
		const mounts =
			'1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / /home rw - xfs b rw\n3 1 0:3 / /home/ada rw - fuse.sshfs c rw\n';
		expect(
			['/x', '/home/bob', '/home/ada/y', '/home/adam'].map((path) => fileSystemOf(path, parseMounts(mounts))),
		).toEqual(['ext4', 'xfs', 'fuse.sshfs', 'xfs']);
	});
});
