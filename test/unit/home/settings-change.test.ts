/** A change of settings becomes an item whose script makes exactly that change, or is refused by line and reason. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptOf } from '../../../node/agents/index.ts';
import { settingsChange, settingsFile } from '../../../node/home/settings-change.ts';
import { projectConfigPath } from '../../../shared/project/index.ts';
import { environment, type GitUnderTest, realGit, temporaryFolder } from '../../support/git.ts';

const before = `id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
name = "shop"
branch = "main"

# Who looks: \`human\` until we trust the tests.
[review]
mode = "human"

[[gate]]
name = "test"
command = "npm test"
`;

let main: GitUnderTest & Awaited<ReturnType<typeof realGit>>;
beforeAll(async () => {
	main = await realGit();
	await main.git.moveMain(await main.commit([], { [projectConfigPath]: before }), null);
});
afterAll(() => main.dispose());

async function changed(text: string): ReturnType<typeof settingsChange> {
	const { version } = await settingsFile(main.git);
	return settingsChange(main.git, { text, version });
}

describe('a change of settings', () => {
	it('is an item whose script makes the file what was written, and names what is different', async () => {
		const text = before.replace('"human"', '"server"').replace('npm test', 'npm run test:all');
		const { title, description, patch } = await changed(text);
		expect(title).toBe('Change settings: review.mode, gate test');
		expect(patch).toContain('+mode = "server"');
		const folder = temporaryFolder();
		const file = join(folder.path, projectConfigPath);
		mkdirSync(dirname(file));
		writeFileSync(file, before);
		execFileSync('sh', ['-eu', '-c', scriptOf(description) ?? 'exit 9'], { cwd: folder.path, env: environment });
		expect(readFileSync(file, 'utf8')).toBe(text);
		folder.remove();
	});

	it('ends its last line, and says so where only words are different', async () => {
		const { title, patch } = await changed(before.replace('until we trust the tests.', 'and how.').trimEnd());
		expect(title).toBe('Change the words of the settings file');
		expect(patch).not.toContain('No newline');
	});

	for (const [what, text, code, says] of [
		['cannot be read', before.replace('"human"', '"nobody"'), 'INVALID_CONFIG', /project\.toml:7:\d+: review\.mode/],
		['has another id', before.replace('5FAV', '5FAW'), 'REFUSED', /it stays "01ARZ3NDEKTSV4RRFFQ69G5FAV"/],
		['has another branch', before.replace('"main"', '"trunk"'), 'REFUSED', /it stays "main"/],
		['is what is there', before, 'REFUSED', /nothing to change/],
		['is longer than an item', `${before}# ${'x'.repeat(17_000)}\n`, 'TOO_LARGE', /larger than/],
	] as const) {
		it(`is refused where the file ${what}`, async () => {
			await expect(changed(text)).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
		});
	}

	it('is refused where main has changed since it was read', async () => {
		const wanted = { text: before.replace('"human"', '"server"'), version: 'older' };
		const refused = { code: 'REFUSED', message: expect.stringContaining('has changed on main') };
		await expect(settingsChange(main.git, wanted)).rejects.toMatchObject(refused);
	});
});
