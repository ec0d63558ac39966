/** What fuzzing has found, each as one case, so that it stays repaired whatever the seed. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { restoreGatewayBackup } from '../../../gateway/backup.ts';
import { PersonTokens } from '../../../gateway/registry/person-tokens.ts';
import { readChange } from '../../../gateway/web/browser/change-event.ts';
import { writingOf, writingToText } from '../../../gateway/web/browser/kept-writing.ts';
import { CostLedger } from '../../../node/home/cost-ledger.ts';
import { readHistory } from '../../../node/home/history.ts';
import { knownProjects } from '../../../node/home/projects.ts';
import { OwnCheckouts } from '../../../node/own-checkouts.ts';
import { countTests } from '../../../node/worker/test-count.ts';
import { pack } from '../../../shared/backup/index.ts';
import { ItemText } from '../../../shared/documents/index.ts';
import { encodeCommit, landingOf } from '../../../shared/git/landing-commit.ts';
import { compareLink } from '../../../shared/git/remote-address.ts';
import { decodeFlush, parseJson } from '../../../shared/log/index.ts';
import { decodeMessage } from '../../../shared/mesh/sync/wire.ts';
import { decodeError } from '../../../shared/mesh/wire-error.ts';
import { parseArgs } from '../../../shared/operations/index.ts';
import { GanglineError, parseCommitId } from '../../../shared/ports/index.ts';
import { openSimStore, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { redactText } from '../../../shared/ports/system/redact.ts';
import { stateFolder } from '../../../shared/project/index.ts';
import { operationMethod } from '../../../shared/protocol/mesh.ts';
import { linesOf } from '../../support/agent-lines.ts';
import { projectOne } from '../../support/facts.ts';
import { person, signer } from '../../support/git-signer.ts';
import { processorMsSince } from '../../support/processor-time.ts';
import { TestProject } from '../pipeline/test-project.ts';

/** Ours take some milliseconds, also while other things run; what was found took from a second to hours. */
function quickly<T>(act: () => T): T {
	const before = process.cpuUsage();
	const value = act();
	expect(processorMsSince(before)).toBeLessThan(500);
	return value;
}

function textDocument(words: string): Y.Doc {
	const document = new Y.Doc();
	document.getText('text').insert(0, words);
	return document;
}

function refusalOf(act: () => unknown): GanglineError {
	try {
		act();
	} catch (error) {
		if (error instanceof GanglineError) return error;
		throw error;
	}
	throw new Error('it was taken');
}

describe('what fuzzing has found', () => {
	it('an agent whose error is an object with a `toString` of its own ended the node', () => {
		const parse = linesOf('claude-code');
		const events = parse({ type: 'result', is_error: true, errors: ['no', { toString: 1 }] });
		expect(events?.at(-1)).toMatchObject({ kind: 'result', isOk: false, message: 'no' });
	});

	it('words of a test runner in one long line held the node for minutes', () => {
		for (const line of [
			`test result: ${'1'.repeat(300_000)}`,
			`\u001b[32${' '.repeat(1_000_000)}`,
			`{${'"Action":"pass""Test":"'.repeat(20_000)}`,
			`  Summary [   0.012s] 3 tests run: ${'('.repeat(300_000)}`,
		]) {
			quickly(() => countTests(line));
		}
		expect(countTests('{"Action":"pass","Test":"TestA"}\n{"Action":"pass","Package":"x"}\n')?.passed).toBe(1);
	});

	it('letters without end in a text to be logged held the node', () => {
		quickly(() => redactText('a'.repeat(20_000)));
		expect(redactText('9x+git://ada:secret@host/x')).toBe('9x+git://[secret]@host/x');
	});

	it('a flush of half a million wrong entries was answered with a message of 36 MB', () => {
		const flush = `{"v":1,"kind":"entries","entries":[${'0,'.repeat(60_000)}0]}`;
		const many = `{"v":1,"kind":"entries","entries":[${'0,'.repeat(20_000)}0]}`;
		for (const text of [flush, many]) {
			const refusal = quickly(() => refusalOf(() => decodeFlush(Buffer.from(text))));
			expect(refusal.message.length).toBeLessThan(2_000);
		}
	});

	it('a frame of nothing but empty lists held the node', () => {
		expect(quickly(() => refusalOf(() => parseJson(`[${'[],'.repeat(300_000)}0]`))).code).toBe('MALFORMED');
		expect(parseJson(`["${'[,{:\\"'.repeat(100_000)}"]`)).toHaveLength(1);
	});

	it('a text with a length of its own made the schema throw', async () => {
		const text = { length: { toString: 1, valueOf: 1 } };
		const header = Buffer.from(JSON.stringify({ k: 'bye', reason: text }));
		const frame = Buffer.concat([Buffer.from([0, header.length]), header]);
		expect(refusalOf(() => decodeMessage(frame)).code).toBe('MALFORMED');
		expect(refusalOf(() => parseArgs('item.add', { project: 'x', title: text })).code).toBe('INVALID_ARGUMENT');
		expect(refusalOf(() => decodeError(Buffer.from(JSON.stringify({ code: text, message: '' })))).code).toBe(
			'MALFORMED',
		);
		const project = new TestProject();
		expect(project.user('add', 'a', { title: text })).toBe('refused:invalid');
	});

	it('arguments nested without end were a bug of the node that was asked', () => {
		let deep: unknown = 0;
		for (let i = 0; i < 50_000; i++) deep = [deep];
		expect(operationMethod.args.safeParse({ operation: 'x', person: 'ada', args: { deep } }).success).toBe(true);
	});

	it('[I3] a landing whose signature is written in another way passed for a second one', async () => {
		const tree = parseCommitId('a'.repeat(40));
		const landing = { item: '01ARZ3NDEKTSV4RRFFQ69G5FAV', token: [1, 2] as const, gatedTree: tree };
		const input = { tree, parents: [], message: 'x', author: person, committer: person, atMs: 0, landing };
		const bytes = await encodeCommit(input, signer());
		expect(await landingOf(bytes, signer())).not.toBeNull();
		const text = bytes.toString('latin1');
		for (const other of [text.replace(/=\n$/, '==\n'), text.replace(/=\n$/, '\n')]) {
			expect(other).not.toBe(text);
			expect(await landingOf(Buffer.from(other, 'latin1'), signer())).toBeNull();
		}
	});

	it('an update whose structures name themselves was taken for a fault of ours, and its sender stayed', async () => {
		const text = await ItemText.open({
			...{ store: await openSimStore(), project: projectOne, item: 'a', first: '' },
			random: new SimRandom(1),
		});
		await text.replace('as it was');
		const hex = '0301ffffffff0f00c4ffffffff0f64ffffffff0f000179000bffffffffffffff0f010d018400808080808020017900';
		await expect(text.apply(Buffer.from(hex, 'hex'), 'eve')).rejects.toMatchObject({ code: 'MALFORMED' });
		expect(text.text).toBe('as it was');
		// What a browser says to have, which was taken for a disk of ours that fails.
		expect(refusalOf(() => text.difference(Uint8Array.of(5, 1))).code).toBe('MALFORMED');
	});

	it('records of another shape ended the start without words', async () => {
		const store = await openSimStore();
		await store.write([
			{ kind: 'put', key: 'project/x', value: { id: 7 } },
			{ kind: 'put', key: 'ownCheckout/x', value: 7 },
			{ kind: 'put', key: 'gateway/person/x', value: 7 },
			{ kind: 'append', stream: 'history/x', bytes: Buffer.from('{') },
		]);
		for (const reading of [
			knownProjects(store),
			OwnCheckouts.open(store),
			PersonTokens.open(store),
			readHistory(store, { project: 'x', limit: 1 }),
		]) {
			await expect(reading).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
		}
	});

	it('a cost of a time that has no day kept a project from being shown and granted', async () => {
		const store = await openSimStore();
		const row = { key: 'a', number: 1, run: '1.2', agent: 'c', node: 'n', costUsd: 1, inputTokens: 1, outputTokens: 1 };
		await store.write([{ kind: 'put', key: 'cost/x/r/a/1.2', value: { ...row, at: 1e300 } }]);
		const costs = await CostLedger.open(store, 'x', () => 0);
		expect(costs.gone('a').day.spent).toBe(0);
	});

	it('a browser that had kept half of a writing, or was told of a change in half, showed no page', () => {
		const update = Y.encodeStateAsUpdate(textDocument('as it was'));
		expect(writingOf(writingToText(update))).toEqual(update);
		for (const kept of [writingToText(update.subarray(0, -3)), 'no base64!', '']) expect(writingOf(kept)).toBeNull();
		expect(readChange('{"kind":"it')).toBeNull();
	});

	it('a backup without a store was put back up to the missing file, and told as a bug', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'gangline-fuzz-'));
		try {
			mkdirSync(join(folder, 'source'));
			writeFileSync(join(folder, 'source', 'identity.key'), 'x');
			const file = join(folder, 'backup.tar');
			await pack(join(folder, 'source'), file, { version: '1.2.3', at: 5, about: { kind: 'gateway', node: 'n' } });
			const { gateway } = stateFolder({ GANGLINE_HOME: join(folder, 'state') });
			await expect(restoreGatewayBackup(gateway, file, new SimLog())).rejects.toMatchObject({ code: 'MALFORMED' });
			expect(existsSync(gateway.identity)).toBe(false);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});

	it('a remote with half of a surrogate pair in its address ended what asked for its page', () => {
		expect(compareLink('https://github.com/a/b\ud800', 'x', 'main')).toContain('github.com');
	});

	it('the name of a thing that is none was repeated in full, however long', () => {
		expect(refusalOf(() => parseCommitId('x'.repeat(300_000))).message.length).toBeLessThan(300);
	});
});
