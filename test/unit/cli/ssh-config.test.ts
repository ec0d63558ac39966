import { describe, expect, it } from 'vitest';
import { sshConfigText, withInclude, withoutInclude } from '../../../gateway/cli/ssh-config.ts';
import { myapp } from '../../support/tiny-containers.ts';

const file = '/state/my gateway/ssh_config';

describe('the file for ssh clients', () => {
	it('knows the host key beforehand and asks nothing', () => {
		const text = sshConfigText([{ ...myapp, way: { kind: 'port' } }]);
		expect(text).toMatch(/^Host myapp\.gangline\n\tHostName 127\.0\.0\.1\n\tPort 22200\n\tUser ada\n/m);
		expect(text).toContain('\tHostKeyAlias gangline-myapp\n');
		expect(text).toContain('\tStrictHostKeyChecking yes\n');
		expect(text).toContain('\tForwardAgent no');
	});

	it('goes through the mesh where the container is elsewhere, with a key and a host key of this machine', () => {
		const way = {
			kind: 'mesh',
			proxy: "env A='100% b' gangline ssh --stdio myapp",
			key: '/s/key',
			knownHosts: '/s/k',
		} as const;
		const text = sshConfigText([{ ...myapp, way }]);
		expect(text).toContain("\tProxyCommand env A='100%% b' gangline ssh --stdio myapp\n");
		expect(text).toMatch(/^\tIdentityFile \/s\/key$/m);
		expect(text).toMatch(/^\tUserKnownHostsFile \/s\/k$/m);
		expect(text).toContain('\tHostKeyAlias gangline-myapp\n');
		expect(text).not.toMatch(/HostName|Port/);
	});
});

describe('the line in a person’s own file', () => {
	const before = 'Host *\n\tUser somebody\n';

	it('stands above everything, once, and goes out again without a trace', () => {
		const after = withInclude(before, file) ?? '';
		expect(after).toMatch(/^# added by gangline ssh-config\nInclude "\/state\/my gateway\/ssh_config"\n\nHost \*/);
		expect(withInclude(after, file)).toBeNull();
		expect(withoutInclude(after, file)).toBe(before);
	});

	it('leaves a file alone that has none of ours', () => {
		expect(withoutInclude(before, file)).toBe(before);
	});
});
