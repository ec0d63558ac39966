import { describe, expect, it } from 'vitest';
import { sshConfigText, withInclude, withoutInclude } from '../../../gateway/cli/ssh-config.ts';
import { myapp } from '../../support/tiny-containers.ts';

const file = '/state/my gateway/ssh_config';

describe('the file for ssh clients', () => {
	it('knows the host key beforehand and asks nothing', () => {
		const text = sshConfigText([myapp]);
		expect(text).toMatch(/^Host myapp\.gangline\n\tHostName 127\.0\.0\.1\n\tPort 22200\n\tUser ada\n/m);
		expect(text).toContain('\tHostKeyAlias gangline-myapp\n');
		expect(text).toContain('\tStrictHostKeyChecking yes\n');
		expect(text).toContain('\tForwardAgent no');
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
