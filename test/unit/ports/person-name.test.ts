import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { personName } from '../../../shared/ports/system/index.ts';

const nobody = (): never => {
	throw new Error('ENOENT');
};

describe('the name of the person at this machine', () => {
	it('is what the environment says, and the account otherwise', () => {
		expect(personName({ USER: 'ada' }, nobody)).toBe('ada');
		expect(personName({})).toBe(userInfo().username);
		expect(personName({ USER: '' })).toBe(userInfo().username);
	});

	it('is made of the number where there is no account', () => {
		expect(personName({}, nobody)).toBe(`user-${process.getuid?.()}`);
	});
});
