/** Which accounts a machine has, and what a session gets of one: its folder and token, and none of the keys beside it. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccountLogins, programLogin } from '../../../node/agents/index.ts';
import { sessionEnvironment } from '../../../node/worker/session-environment.ts';
import { temporaryFolder } from '../../support/git.ts';

const kept: Record<string, string> = { CODEX_API_KEY_WORK: 'token-of-work', CODEX_API_KEY: 'own-token' };
const secrets = {
	valuesOf: (names: readonly string[]) => ({
		values: Object.fromEntries(names.flatMap((name) => (kept[name] === undefined ? [] : [[name, kept[name]]]))),
		missing: names.filter((name) => kept[name] === undefined),
	}),
};

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
	folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('the logins of a machine', () => {
	it('are there once their program has written its file, or a token is kept', () => {
		const state = { logins: join(folder.path, 'logins') };
		const logins = new AccountLogins(state, secrets);
		expect(logins.known()).toEqual([]);
		for (const path of ['claude/work', 'claude/own', 'codex/work', 'codex/other', 'codex/Not-A-Name']) {
			mkdirSync(join(state.logins, path), { recursive: true });
		}
		writeFileSync(join(state.logins, 'claude/own/.credentials.json'), '{}');
		writeFileSync(join(state.logins, 'codex/Not-A-Name/auth.json'), '{}');
		expect(logins.known()).toEqual(['claude-code:own', 'codex:work']);
		const accounts = ['work', 'own'];
		expect(logins.for({ runtime: 'claude-code', accounts })?.account).toBe('own');
		expect(logins.for({ runtime: 'claude-code', accounts }, 'work')).toBeNull();
		expect(logins.for({ runtime: 'codex', accounts: ['other'] })).toBeNull();
		expect([logins.for({ runtime: 'codex' }), logins.for({ runtime: 'acp', accounts })]).toEqual([
			...[programLogin, programLogin],
		]);
	});

	it('[I13] reach a session alone, without the keys that its program would take first', () => {
		const logins = new AccountLogins({ logins: folder.path }, secrets);
		mkdirSync(join(folder.path, 'codex/work'), { recursive: true });
		const login = logins.for({ runtime: 'codex', accounts: ['work'] });
		if (login === null) throw new Error('it is there');
		const person = { PATH: '/p', OPENAI_API_KEY: 'own', CODEX_API_KEY: 'own', CODEX_HOME: '/own', OTHER: 'x' };
		const of = {
			...{ person: { own: person, given: {} }, secrets, tmp: '/t', portBase: 1, author: { name: 'a', email: 'a@b' } },
			runtime: { credentials: ['OPENAI_API_KEY', 'CODEX_API_KEY', 'CODEX_HOME'] },
			settings: { env: ['OTHER', 'OPENAI_API_KEY'], secrets: ['CODEX_API_KEY'] },
		};
		const env = sessionEnvironment({ ...of, login });
		const home = join(folder.path, 'codex/work');
		expect(env).toMatchObject({ CODEX_HOME: home, CODEX_API_KEY: 'token-of-work', OTHER: 'x' });
		expect(env).not.toHaveProperty('OPENAI_API_KEY');
		expect(login.folders).toEqual([home]);
		expect(statSync(home).isDirectory()).toBe(true);
		expect(sessionEnvironment({ ...of, login: programLogin })).toMatchObject({
			...{ CODEX_HOME: '/own', CODEX_API_KEY: 'own-token', OPENAI_API_KEY: 'own' },
		});
	});
});
