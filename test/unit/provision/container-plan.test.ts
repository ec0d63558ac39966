import { describe, expect, it } from 'vitest';
import { groupText, limitsDefault, passwdText, planContainer } from '../../../shared/provision/container-plan.ts';
import { bridgeName, creationOf } from '../../../shared/provision/docker-creation.ts';
import { sshdConfig } from '../../../shared/provision/ssh-keys.ts';

const owner = { name: 'ada', uid: 1500, gid: 1600 };
const project = { name: 'shop', path: '/home/ada/src/shop', limits: limitsDefault, sshPort: 22_200 };
const plan = {
	project,
	owner,
	image: 'gangline/project:node-1',
	caches: { npm_config_cache: 'npm' },
	folder: '/s/shop',
};
const wish = planContainer(plan);
const made = creationOf(wish, { full: 'gangline-shop', labels: { a: 'b' } });

it('makes another container of an image that was built anew, and the same one of any other', () => {
	const of = (freshAt?: number | null) =>
		planContainer({ ...plan, ...(freshAt === undefined ? {} : { freshAt }) }).hash;
	expect(of(null)).toBe(of());
	expect(of(5)).not.toBe(of());
	expect(of(5)).toBe(of(5));
});

describe('the container of a project', () => {
	it('[I13] mounts source and state, and of the rest of the host two read-only files', () => {
		expect(made.HostConfig?.Binds).toEqual([
			'/s/shop/state:/gangline:rw',
			'/home/ada/src/shop:/home/ada/src/shop:rw',
			'/s/shop/passwd:/etc/passwd:ro',
			'/s/shop/group:/etc/group:ro',
		]);
		expect(JSON.stringify(made)).not.toMatch(/docker\.sock|VolumesFrom|Devices/);
		expect(made.HostConfig?.Mounts).toMatchObject([
			{ Type: 'volume', Source: 'gangline-shop-caches', Target: '/opt/gangline/caches' },
		]);
	});

	it('[I13] has no right at all and no way to get one', () => {
		expect(made).toMatchObject({
			User: '1500:1600',
			HostConfig: {
				CapDrop: ['ALL'],
				SecurityOpt: ['no-new-privileges'],
				Privileged: false,
				ReadonlyRootfs: true,
				NetworkMode: 'gangline-shop',
				IpcMode: 'private',
			},
		});
		expect(made.HostConfig).not.toHaveProperty('CapAdd');
		expect(made.HostConfig).not.toHaveProperty('PidMode');
	});

	it('[I15] is bounded in memory, processors, processes, temporary files and log', () => {
		expect(made.HostConfig).toMatchObject({
			Memory: 4 * 1024 ** 3,
			MemorySwap: 4 * 1024 ** 3,
			NanoCpus: 2e9,
			PidsLimit: 2048,
			LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
		});
		expect(made.HostConfig?.Tmpfs?.['/tmp']).toContain('size=1g');
	});

	it('has an interface on this machine that a rule for all projects fits', () => {
		const names = [bridgeName('mesh', 'shop'), bridgeName('mesh', 'ship'), bridgeName('other', 'shop')];
		expect(new Set(names).size).toBe(3);
		for (const name of names) expect(name).toMatch(/^gl-[0-9a-f]{12}$/);
	});

	it('publishes on loopback alone', () => {
		expect(made.HostConfig?.PortBindings).toEqual({ '2222/tcp': [{ HostIp: '127.0.0.1', HostPort: '22200' }] });
	});

	it('has no secret in its environment, which everyone at the engine can read', () => {
		expect(Object.keys(wish.env).sort()).toEqual(
			[
				'GANGLINE_HOME',
				'GANGLINE_JOIN_FILE',
				'GANGLINE_SSH_FOLDER',
				'GANGLINE_SSH_PORT',
				'GANGLINE_NAME',
				'GANGLINE_PROJECT',
				'HOME',
				'PATH',
				'USER',
				'npm_config_cache',
				'GANGLINE_CACHES',
				'GANGLINE_GIVEN',
			].sort(),
		);
	});

	it('tells its node what agents and gates are to have, and nothing where that is nothing', () => {
		const { env } = planContainer({ ...plan, given: { GREETING: 'good "day"' } });
		expect(JSON.parse(env.GANGLINE_GIVEN ?? '')).toEqual({
			npm_config_cache: '/opt/gangline/caches/npm',
			GREETING: 'good "day"',
		});
		const bare = planContainer({ ...plan, caches: {} });
		expect(bare.env).not.toHaveProperty('GANGLINE_GIVEN');
		expect(creationOf(bare, { full: 'x', labels: {} }).HostConfig).not.toHaveProperty('Mounts');
	});

	it('has a volume for downloads that is labelled, and what its own file says of one counts', () => {
		const [mount] = made.HostConfig?.Mounts ?? [];
		expect(mount?.VolumeOptions).toMatchObject({ NoCopy: false, Labels: { a: 'b' } });
		const caches = { MAVEN_OPTS: '-Dmaven.repo.local={maven}', npm_config_cache: 'npm' };
		const { env } = planContainer({ ...plan, caches, env: { npm_config_cache: '/mine' } });
		expect(env).toMatchObject({
			MAVEN_OPTS: '-Dmaven.repo.local=/opt/gangline/caches/maven',
			npm_config_cache: '/mine',
			GANGLINE_CACHES: '/opt/gangline/caches',
		});
	});

	it('has folders of its own where its stack builds and installs', () => {
		const apart = [{ from: '/s/shop/state/apart/node_modules', place: 'node_modules' }];
		expect(planContainer({ ...plan, apart }).binds.at(-1)).toEqual({
			...{ from: '/s/shop/state/apart/node_modules', to: '/home/ada/src/shop/node_modules', readOnly: false },
		});
	});

	it('is made anew for another image, not for other limits', () => {
		expect(planContainer({ ...plan, image: 'other' }).hash).not.toBe(wish.hash);
		const limits = { ...limitsDefault, memory: 8 * 1024 ** 3 };
		expect(planContainer({ ...plan, project: { ...project, limits } }).hash).toBe(wish.hash);
	});
});

describe('passwd and group inside', () => {
	it('know the owner by the number of the host', () => {
		expect(passwdText(owner)).toContain('ada:*:1500:1600::/gangline/home:/bin/bash\n');
		expect(groupText(owner)).toContain('ada:x:1600:\n');
		// Without it a terminal cannot be given to whoever logs in.
		expect(groupText(owner)).toContain('tty:x:5:\n');
	});
});

describe('its sshd', () => {
	it('lets one user in, by key, and needs no right', () => {
		const config = sshdConfig({ user: 'ada', secretsInside: null, env: { LANG: 'C.UTF-8' } });
		for (const line of ['AllowUsers ada', 'PasswordAuthentication no', 'UsePAM no', 'Port 2222', 'StrictModes yes']) {
			expect(config.split('\n')).toContain(line);
		}
	});
});
