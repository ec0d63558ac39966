import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecretFile } from '../../../node/secret-file.ts';
import { RunLogs } from '../../../node/worker/index.ts';
import { redactDeep, redactor } from '../../../shared/ports/index.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'gangline-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a redactor', () => {
	it('puts names in the place of values, the longer first, quoted and line by line too', () => {
		const redact = redactor({
			SHORT: 'abcdefgh',
			LONG: 'abcdefghij',
			PEM: 'line one of it\nline two of it',
			Q: 'say "hello" now',
		});
		expect(redact('x abcdefghij abcdefgh y')).toBe('x [secret LONG] [secret SHORT] y');
		expect(redact('> line two of it <')).toBe('> [secret PEM] <');
		expect(redact(JSON.stringify({ a: 'say "hello" now' }))).toBe('{"a":"[secret Q]"}');
		expect(redactDeep({ a: ['abcdefgh'], n: 1 }, redact)).toEqual({ a: ['[secret SHORT]'], n: 1 });
	});
});

describe('the secrets of a node', () => {
	it('[I13] are kept for their owner alone, found again, and listed without their values', () => {
		const path = join(folder, 'secrets.json');
		new SecretFile(path).set('NPM_TOKEN', 'npm_0123456789', 5);
		const again = new SecretFile(path);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(again.list()).toEqual([{ name: 'NPM_TOKEN', changedAt: 5 }]);
		expect(again.valuesOf(['NPM_TOKEN', 'OTHER'])).toEqual({
			values: { NPM_TOKEN: 'npm_0123456789' },
			missing: ['OTHER'],
		});
		expect(again.redact('with npm_0123456789')).toBe('with [secret NPM_TOKEN]');
		expect([again.delete('NPM_TOKEN'), again.delete('NPM_TOKEN')]).toEqual([true, false]);
		expect(new SecretFile(path).list()).toEqual([]);
	});

	it('are not written over by a node that cannot read them', () => {
		const path = join(folder, 'secrets.json');
		writeFileSync(path, 'something else', { mode: 0o600 });
		expect(() => new SecretFile(path)).toThrow(/holds no secrets/);
		writeFileSync(join(folder, 'open.json'), '{}', { mode: 0o644 });
		expect(() => new SecretFile(join(folder, 'open.json'))).toThrow(/can be read by others \(mode 644\)/);
	});
});

describe('the log of a run', () => {
	it('[I13] never shows a secret, in whatever pieces it comes', async () => {
		const secret = 'a-secret-of-some-length';
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.constantFrom('x', 'yy', '\n', 'z'.repeat(3_000), secret), { maxLength: 12 }),
				fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 6 }),
				async (parts, sizes) => {
					const logs = new RunLogs({
						folder: join(folder, 'runs'),
						clock: new SimClock(),
						redact: redactor({ S: secret }),
					});
					const log = logs.open('k', '1.1');
					const text = parts.join('');
					for (let at = 0, n = 0; at < text.length; n++) {
						const size = sizes[n % sizes.length] ?? 1;
						log.write('agent', 'stdout', text.slice(at, at + size));
						at += size;
					}
					log.close();
					const said = logs.read('k', '1.1', 10_000).lines.map((line) => line.text);
					expect(said.join('')).not.toContain(secret);
					await logs.keepOnly(() => false);
				},
			),
			{ numRuns: 60 },
		);
	});
});
