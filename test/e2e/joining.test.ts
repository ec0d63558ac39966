/** A machine that has curl, tar and git, and nothing else, becomes a member by the line that the gateway prints. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MeshNodeView, Result } from '../../shared/operations/index.ts';
import { makeStranger, type Stranger } from '../support/stranger.ts';
import { makeWorld, type World } from '../support/world.ts';

/** The long form: scripts/test --all. */
const all = Boolean(process.env.GANGLINE_TEST_ALL);

let laptop: World;
let shop: string;
let builder: Stranger;
const strangers: Stranger[] = [];

beforeAll(async () => {
	laptop = makeWorld({ GANGLINE_NAME: 'laptop', USER: 'ada' });
	shop = laptop.repository('shop', { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ntest -s a.txt\n' });
	await laptop.ok(shop, 'init', '--yes', '--gate', 'check=./check.sh');
	await laptop.ok(shop, 'start');
	builder = stranger('builder');
});
afterAll(async () => {
	for (const one of strangers) await one[Symbol.asyncDispose]();
	await laptop[Symbol.asyncDispose]();
});

function stranger(name: string): Stranger {
	const made = makeStranger({ GANGLINE_NAME: name });
	strangers.push(made);
	return made;
}

const buildsOf = ({ home }: Stranger): string[] => {
	try {
		return readdirSync(join(home, '.local/share/gangline/builds'));
	} catch {
		return [];
	}
};

async function untilHere(name: string): Promise<readonly MeshNodeView[]> {
	const end = Date.now() + 20_000;
	for (;;) {
		const { nodes } = await laptop.json<Result<'node.list'>>(shop, 'nodes');
		if (nodes.some((node) => node.name === name && node.connected)) return nodes;
		if (Date.now() > end) throw new Error(`${name} is not there: ${JSON.stringify(nodes, null, 1)}`);
	}
}

describe('joining by one pasted line', () => {
	it('makes this machine the gateway at the first token, and says that only it can join', async () => {
		const { code, stdout, stderr } = await laptop.gangline(shop, 'token', 'new');
		expect({ code, stderr }).toMatchObject({ code: 0 });
		expect(stdout).toMatch(/^printf %s '[^\n]*' \| sh\n$/);
		expect(stderr).toMatch(/making this machine the gateway of a mesh …/);
		expect(stderr).toMatch(/this machine is in the mesh as laptop/);
		expect(stderr).toMatch(/only this machine can join[\s\S]*→ to let others reach it \(only machines with a token/);
		const { nodes } = await laptop.json<Result<'node.list'>>(shop, 'nodes');
		expect(nodes.find(({ name }) => name === 'laptop')).toMatchObject({ duties: ['home', 'work'], person: 'ada' });
	});

	it('[I13] runs nothing of a build with another hash than the line has', async () => {
		const line = await laptop.ok(shop, 'token', 'new');
		const [, hash = ''] = /; H=([0-9a-f]{64});/.exec(line) ?? [];
		const archive = join(laptop.state, 'gateway/builds', `${hash}.tgz`);
		const build = readFileSync(archive);
		writeFileSync(archive, Buffer.concat([build.subarray(0, -1), Buffer.from([0x55])]));
		const careful = stranger('careful');
		const refused = await careful.paste(line);
		writeFileSync(archive, build);
		expect(refused).toMatchObject({ code: 5, stdout: '' });
		expect(refused.stderr).toMatch(/what was fetched is not the build that the line names, and nothing of it was run/);
		expect(buildsOf(careful)).toEqual([]);
	});

	it('needs no Node.js, and the machine shows up in gangline nodes', async () => {
		const line = await laptop.ok(shop, 'token', 'new', '--work', '--slots', '3');
		const pasted = await builder.paste(line);
		expect(pasted, pasted.stderr).toMatchObject({ code: 0 });
		expect(pasted.stdout).toMatch(/ok {2}\/ip4\/127\.0\.0\.1\/tcp\/[0-9]+: /);
		expect(pasted.stdout).toMatch(/it is called builder \(work\), the gateway is gateway-/);
		expect(buildsOf(builder)).toHaveLength(1);
		const nodes = await untilHere('builder');
		expect(nodes.find(({ name }) => name === 'builder')).toMatchObject({ duties: ['work'], slots: { total: 3 } });
		expect((await laptop.ok(shop, 'nodes')).split('\n').some((row) => /^builder +work +here/.test(row))).toBe(true);
	});

	it.skipIf(!all)('leaves a command there that answers, with and without the gateway', async () => {
		const nodes = await builder.gangline('nodes');
		expect(nodes, nodes.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^builder \(here\)/m) });
		await laptop.ok(shop, 'gateway', 'stop');
		expect(await builder.gangline('nodes')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^laptop /m) });
		expect((await laptop.ok(shop, 'start')).includes('the gateway runs: http://127.0.0.1:')).toBe(true);
	});

	it.skipIf(!all)("shows an owner's second machine what the gateway sees, and makes tokens there too", async () => {
		const second = stranger('second');
		const pasted = await second.paste(await laptop.ok(shop, 'token', 'new', '--person', 'ada'));
		expect(pasted, pasted.stderr).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/called second \(for ada\)/),
		});
		const seen = async (): Promise<unknown[]> => {
			const { nodes } = JSON.parse((await second.gangline('nodes', '--json')).stdout) as Result<'node.list'>;
			return nodes.map(({ name, self, connected, version }) => [name, self, connected, version !== null]);
		};
		// Each says its version by itself, a moment after it is linked.
		const wanted = [
			['builder', false, true, true],
			['second', true, true, true],
		];
		await expect.poll(seen, { timeout: 20_000 }).toEqual(expect.arrayContaining(wanted));
		expect(await second.gangline('token', 'new')).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/^printf %s '/),
		});
		expect(await second.gangline('status', '-p', 'shop')).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/^shop {2}main/),
		});
		expect(await builder.gangline('token', 'new')).toMatchObject({ code: 7 });
	});

	it.skipIf(!all)('[I13] refuses a token that is used up or was revoked, and says so', async () => {
		const { token } = await laptop.json<Result<'token.create'>>(shop, 'token', 'new');
		const [first, ...open] = (await laptop.json<Result<'token.list'>>(shop, 'token', 'list')).tokens;
		expect(open.length).toBeGreaterThan(0);
		await laptop.ok(shop, 'token', 'revoke', first?.id ?? '');
		const late = stranger('late');
		const line = await laptop.ok(shop, 'token', 'new');
		const { code, stdout, stderr } = await late.paste(line.replace(/T=gl1_[\w-]+/, `T=${token}`));
		expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
		expect(stderr).toMatch(/gangline: .*revoked[\s\S]*→ .*gangline token new/);
	});
});
