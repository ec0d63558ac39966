import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bridgeName, bridgesOf } from '../../../shared/provision/docker-creation.ts';
import { guardCreation, guardHash, guardImage, guardName, guardRules } from '../../../shared/provision/guard.ts';
import type { GuardWish } from '../../../shared/provision/provisioner.ts';

const docker = fileURLToPath(new URL('../../../docker', import.meta.url));
const wish: GuardWish = { image: await guardImage(docker, 'debian'), ports: [4300], resolvers: [] };

describe('what keeps projects from the services of this machine', () => {
	it('[I13] answers what begins at their interfaces with no, but for the mesh', () => {
		const bridges = bridgesOf('mesh');
		expect(bridgeName('mesh', 'shop').startsWith(bridges)).toBe(true);
		const rules = guardRules('mesh', wish)
			.split('\n')
			.map((line) => line.trim());
		const input = rules.slice(rules.indexOf('chain input {') + 2, rules.indexOf('chain forward {') - 1);
		expect(input).toEqual([
			`iifname != "${bridges}*" accept`,
			'ct state established,related accept',
			'tcp dport 4300 accept',
			'reject with icmpx admin-prohibited',
		]);
		expect(rules).toContain(`iifname "${bridges}*" ip daddr 169.254.0.0/16 reject with icmpx admin-prohibited`);
	});

	it('lets names be asked for where this machine answers for them itself', () => {
		const rules = guardRules('mesh', { ports: [], resolvers: ['192.168.1.2', 'fd00::2'] });
		expect(rules).toContain('ip daddr 192.168.1.2 th dport 53 accept');
		expect(rules).toContain('ip6 daddr fd00::2 th dport 53 accept');
		expect(rules).not.toContain('tcp dport');
	});

	it('is of one owner: another one has rules, interfaces and a container of their own', () => {
		expect(guardName('one')).not.toBe(guardName('two'));
		expect(guardRules('one', wish).split('\n')[0]).not.toBe(guardRules('two', wish).split('\n')[0]);
	});

	it('is made anew for another image, other ports and other resolvers', () => {
		const others = [
			{ ...wish, ports: [4301] },
			{ ...wish, resolvers: ['192.168.1.2'] },
			{ ...wish, image: { ...wish.image, tag: 'x' } },
		];
		expect(new Set([wish, ...others].map((one) => guardHash('mesh', one))).size).toBe(4);
	});

	it('[I13] has the right to its rules alone, mounts nothing, and comes back with the engine', () => {
		const made = guardCreation('mesh', wish);
		expect(made.HostConfig).toMatchObject({
			...{ CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'], Privileged: false, ReadonlyRootfs: true },
			...{ SecurityOpt: ['no-new-privileges'], RestartPolicy: { Name: 'always' } },
		});
		expect(JSON.stringify(made)).not.toMatch(/Binds|Mounts|PidMode|docker\.sock/);
		// No project can be called so.
		expect(made.name).toMatch(/^gangline\.guard\.[0-9a-f]{8}$/);
	});
});
