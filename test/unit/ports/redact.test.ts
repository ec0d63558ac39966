/** What must never stand in a log, and what must stay readable in it. */
import { describe, expect, it } from 'vitest';
import { ganglineError } from '../../../shared/ports/index.ts';
import { censored, redact } from '../../../shared/ports/system/redact.ts';

describe('redact', () => {
	it.each([
		'token',
		'apiToken',
		'API_TOKEN',
		'secret',
		'clientSecret',
		'password',
		'authorization',
		'Authorization',
		'key',
		'apiKey',
		'api-key',
		'ANTHROPIC_API_KEY',
		'privateKey',
		'cookie',
		'credentials',
	])('hides %s at any depth', (name) => {
		const fields = { [name]: 'hunter2', deep: [{ env: { [name]: 'hunter2' } }], object: { [name]: { a: 'hunter2' } } };
		expect(JSON.stringify(redact(fields))).not.toContain('hunter2');
	});

	it('leaves what our domain calls key and token', () => {
		const fields = {
			key: '01JZZZZZZZZZZZZZZZZZZZZZZ1',
			token: [1, 42],
			publicKey: 'MCowBQ',
			inputTokens: 17,
			keyboard: 'de',
			monkey: 'yes',
			item: null,
		};
		expect(redact(fields)).toEqual(fields);
	});

	it.each([
		['a password in an address', 'cannot reach https://me:hunter2@example.org/repo.git now'],
		['a token in an address', 'https://hunter2@github.com/a/b'],
		['a header', 'sent Authorization: Bearer hunter2hunter2'],
		['a private key', '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n'],
	])('hides %s inside a text', (_, text) => {
		const result = JSON.stringify(redact({ text, list: [text], error: new Error(text) }));
		expect(result).not.toContain('hunter2');
		expect(result).toContain(censored);
	});

	it('tells an error with its code, data and cause', () => {
		const error = ganglineError('STORE_FAILED', 'could not write', {
			data: { path: '/x', token: 'abc' },
			cause: new Error('ENOSPC'),
		});
		expect(redact({ error })).toMatchObject({
			error: {
				name: 'GanglineError',
				code: 'STORE_FAILED',
				message: 'could not write',
				data: { path: '/x', token: censored },
				cause: { message: 'ENOSPC' },
			},
		});
	});

	it('[I15] stays small and finite, whatever it is given', () => {
		const cycle: Record<string, unknown> = {};
		cycle.self = cycle;
		const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, i]));
		const odd = {
			big: 1n,
			call: () => 1,
			bytes: new Uint8Array(5),
			map: new Map([['password', 'p']]),
			set: new Set([1]),
		};
		const text = JSON.stringify(
			redact({ cycle, wide, long: 'x'.repeat(1_000_000), list: new Array(5000).fill(0), odd }),
		);
		expect(text.length).toBeLessThan(40_000);
		expect(text).toContain('5 bytes');
		expect(text).not.toContain('"p"');
	});
});
