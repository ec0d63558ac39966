import { describe, expect, test } from 'vitest';
import { agentEnvironment, gateEnvironment } from '../../../node/agents/index.ts';

const person = {
	PATH: '/p',
	HOME: '/h',
	LC_ALL: 'de',
	GOPATH: '/go',
	CI: '1',
	GANGLINE_HOME: '/state',
	GANGLINE_PORT: '7420',
	ANTHROPIC_API_KEY: 'key',
	AWS_SECRET_ACCESS_KEY: 'aws',
	GITHUB_TOKEN: 'token',
	NODE_OPTIONS: '--require x',
	PORT: '80',
	TMPDIR: '/theirs',
	XDG_RUNTIME_DIR: '/run/user/1000',
	SSH_AUTH_SOCK: '/s',
};
const place = { person: { own: person, given: {} }, tmp: '/t', portBase: 21_010 };

describe('the environment of what we run', () => {
	test('[I13] holds what is listed and nothing else, for a gate', () => {
		expect(gateEnvironment(place)).toEqual({
			PATH: '/p',
			HOME: '/h',
			LC_ALL: 'de',
			GOPATH: '/go',
			LANG: 'C.UTF-8',
			TERM: 'dumb',
			TMPDIR: '/t',
			GANGLINE_PORT_BASE: '21010',
			PORT: '21010',
			GIT_TERMINAL_PROMPT: '0',
			GIT_EDITOR: 'true',
			CI: '1',
		});
	});

	test('has what the container was made to give, but for what is ours and for a login', () => {
		const given = {
			GREETING: 'hi',
			PATH: '/given',
			TERM: 'x',
			PORT: '1',
			ANTHROPIC_API_KEY: 'x',
			GIT_AUTHOR_NAME: 'x',
		};
		const all = { ...place, person: { own: person, given } };
		expect(gateEnvironment(all)).toMatchObject({ GREETING: 'hi', PATH: '/given', TERM: 'dumb', PORT: '21010' });
		const agent = { ...all, author: { name: 'A', email: 'a@x' }, credentials: ['ANTHROPIC_API_KEY'] };
		expect(agentEnvironment(agent)).toMatchObject({ GREETING: 'hi', ANTHROPIC_API_KEY: 'key', GIT_AUTHOR_NAME: 'A' });
	});

	test('[I13] gives an agent its own login and identity, and no CI', () => {
		const env = agentEnvironment({
			...place,
			author: { name: 'A', email: 'a@x' },
			credentials: ['ANTHROPIC_API_KEY', 'ABSENT', 'PORT', 'TMPDIR'],
		});
		expect(env).toMatchObject({ ANTHROPIC_API_KEY: 'key', GIT_AUTHOR_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@x' });
		expect(env).toMatchObject({ PORT: '21010', TMPDIR: '/t' });
		for (const name of [
			'CI',
			'ABSENT',
			'GANGLINE_HOME',
			'GANGLINE_PORT',
			'GITHUB_TOKEN',
			'AWS_SECRET_ACCESS_KEY',
			'NODE_OPTIONS',
			'SSH_AUTH_SOCK',
		]) {
			expect(env).not.toHaveProperty(name);
		}
	});
});
