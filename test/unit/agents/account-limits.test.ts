/** Limits of accounts, shared by every node of one person on one machine. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentRuntime, SessionEnd } from '../../../node/agents/index.ts';
import { accountIdentity, notingLimits, SharedLimits } from '../../../node/agents/index.ts';
import { limitsHere } from '../../../node/limits-here.ts';
import { noSecrets } from '../../../shared/ports/index.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import { agentSchema } from '../../../shared/project/config.ts';

const folders: string[] = [];
afterEach(() => {
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function place() {
	const root = mkdtempSync(join(tmpdir(), 'limits-'));
	folders.push(root);
	const clock = new SimClock();
	const open = (folder = join(root, 'state', 'account-limits')) =>
		SharedLimits.open({ folder, otherwise: join(root, 'own'), clock, log: new SimLog() });
	return { root, clock, open };
}

const env = { HOME: '/home/ann', PATH: '/bin', ANTHROPIC_API_KEY: 'key-one' };
const claude = agentSchema.parse({ name: 'ada', runtime: 'claude-code' });
const eve = agentSchema.parse({ name: 'eve', runtime: 'acp', command: ['opencode', 'acp'] });
const identity = accountIdentity(claude, env);

describe('the limits of a machine', () => {
	it('are seen by another node within a moment, end by themselves, and hold no secret', async () => {
		const { clock, open } = place();
		const [one, other] = [open(), open()];
		expect(other.until(identity)).toBeNull();
		const until = clock.now() + 60_000;
		one.note(identity, until);
		expect(one.until(identity)).toBe(until);
		await clock.advance(1_001);
		expect(other.until(identity)).toBe(until);
		const [file = ''] = readdirSync(one.folder);
		expect(statSync(join(one.folder, file)).mode & 0o777).toBe(0o600);
		expect(statSync(one.folder).mode & 0o777).toBe(0o700);
		expect(`${file} ${readFileSync(join(one.folder, file), 'utf8')}`).not.toContain('key-one');
		await clock.advance(60_000);
		expect([one.until(identity), other.until(identity)]).toEqual([null, null]);
		// What has ended goes with the next that is noted.
		one.note(accountIdentity(eve, env), clock.now() + 5_000);
		expect(readdirSync(one.folder)).toEqual([accountIdentity(eve, env)]);
	});

	it('only grow: a shorter one does not end a longer one', () => {
		const { clock, open } = place();
		const limits = open();
		limits.note(identity, clock.now() + 60_000);
		limits.note(identity, clock.now() + 1_000);
		expect(limits.until(identity)).toBe(clock.now() + 60_000);
	});

	it('take what is no time for nothing', () => {
		const { open } = place();
		const limits = open();
		const texts = ['', 'soon', '9'.repeat(400), '-1', '1e300', '8640000000000001', '{"until":1}'];
		for (const text of texts) {
			writeFileSync(join(limits.folder, identity), text);
			expect(open().until(identity), text).toBeNull();
		}
	});

	it('are kept for the node alone where the folder of the person cannot be made', () => {
		const { root, clock, open } = place();
		writeFileSync(join(root, 'file'), '');
		const limits = open(join(root, 'file', 'below'));
		limits.note(identity, clock.now() + 5_000);
		expect(limits.folder).toBe(join(root, 'own'));
		expect(limits.until(identity)).toBe(clock.now() + 5_000);
	});

	it('that cannot be written are no error of the session that met them', () => {
		const { clock, open } = place();
		const limits = open();
		rmSync(limits.folder, { recursive: true });
		writeFileSync(limits.folder, 'no folder');
		limits.note(identity, clock.now() + 5_000);
		expect(limits.until(identity)).toBeNull();
		chmodSync(limits.folder, 0o600);
	});
});

describe('whose account it is', () => {
	it.each([
		['another key', { ...env, ANTHROPIC_API_KEY: 'key-two' }],
		['another folder of logins', { ...env, CLAUDE_CONFIG_DIR: '/state/logins/claude/work' }],
		['another service', { ...env, ANTHROPIC_BASE_URL: 'http://localhost' }],
		['another person', { ...env, HOME: '/home/bob' }],
	])('differs with %s', (_what, other) => {
		expect(accountIdentity(claude, other)).not.toBe(identity);
	});

	it('is the same for another model, place and project, and of ACP for the same command', () => {
		const elsewhere = { ...env, ANTHROPIC_MODEL: 'small', TMPDIR: '/t', PORT: '7' };
		expect(accountIdentity({ ...claude, name: 'bea' } as typeof claude, elsewhere)).toBe(identity);
		expect(accountIdentity(agentSchema.parse({ ...eve, name: 'fay' }), env)).toBe(accountIdentity(eve, env));
		expect(accountIdentity({ ...eve, command: ['gemini'] }, env)).not.toBe(accountIdentity(eve, env));
	});
});

it('notes the limit that a session met before anybody hears of its end, and tells homes by their names for it', async () => {
	const { clock, open } = place();
	const limits = open();
	const until = clock.now() + 60_000;
	const ended = Promise.resolve({ outcome: { kind: 'rateLimited', until } } as SessionEnd);
	const start: AgentRuntime['start'] = () => ({
		...{ ended, pid: 7, say: () => false, answer: () => false },
		stop: () => ended,
	});
	const runtime = notingLimits({ name: 'claude-code', credentials: [], login: null, start }, limits);
	const parts = {
		accountLimits: limits,
		secrets: { ...noSecrets, list: () => [], set: () => {}, delete: () => false },
		logins: { for: () => ({ account: null, env: {}, withheld: [], folders: [] }) },
		config: { personEnvironment: env, given: {} },
	} as unknown as Parameters<typeof limitsHere>[0];
	expect(limitsHere(parts, [claude, eve])).toEqual({});
	const task = { agent: claude, env: { ...env, TMPDIR: '/t' } } as unknown as Parameters<AgentRuntime['start']>[0];
	await runtime.start(task).ended;
	expect(limitsHere(parts, [claude, eve])).toEqual({ 'claude-code': until });
});
