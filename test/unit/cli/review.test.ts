import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkplace, type Workplace } from '../../support/terminal.ts';
import { commits, line, shopId } from '../../support/tiny-items.ts';

function approvals(place: Workplace): readonly unknown[] {
	return place.home.asked.filter(({ name }) => name === 'item.approve').map(({ args }) => args);
}

describe('approve', () => {
	it('sends what diff has shown, not what there is by now', async () => {
		await using place = await openWorkplace();
		await place.type(['diff', '12']);
		place.home.branch = commits.otherBranch;
		const { code, stderr } = await place.type(['approve', '12']);
		expect(approvals(place)).toMatchObject([{ binding: { branch: commits.branch } }]);
		expect(code).toBe(4);
		expect(stderr).toMatch(/#12 has changed since you read it\n→ gangline diff 12/);
		await place.type(['diff', '12']);
		expect((await place.type(['approve', '12'])).code).toBe(0);
	});

	it('keeps what was shown to its owner, and does not count show as showing', async () => {
		await using place = await openWorkplace();
		await place.type(['show', '12']);
		expect((await place.type(['approve', '#12'])).code).toBe(4);
		await place.type(['diff', '12']);
		expect((await stat(join(place.state, 'shown.json'))).mode & 0o777).toBe(0o600);
		const { code, stdout, stderr } = await place.type(['approve', '#12']);
		expect({ code, stdout }).toEqual({ code: 0, stdout: '#12 Rename the client: lands when its gates pass\n' });
		expect(stderr).toMatch(/→ .*land-when-green/);
	});

	it('approves nothing where --land-when-green cannot be kept, and says what to change', async () => {
		await using place = await openWorkplace();
		await place.type(['diff', '12']);
		const { code, stderr } = await place.type(['approve', '12', '--land-when-green']);
		expect(code).toBe(4);
		expect(stderr).toMatch(/project\.toml was not changed\n {2}[^→]+\n→ write mode = "server" below \[review\]/);
		expect(approvals(place)).toEqual([]);
	});

	it('offers at the first approval on a terminal to land what is green, and goes on where that fails', async () => {
		await using place = await openWorkplace();
		await place.type(['diff', '12']);
		const no = await place.type(['approve', '12'], { tty: true });
		expect(no).toMatchObject({ code: 0, questions: [expect.stringMatching(/land what is green without asking/)] });
		const yes = await place.type(['approve', '12'], { tty: true, answer: true });
		expect(yes).toMatchObject({ code: 0, stderr: expect.stringMatching(/was not changed/) });
	});

	it('refuses where nothing was shown and nobody can look, also with --yes', async () => {
		await using place = await openWorkplace();
		for (const argv of [
			['approve', '12'],
			['approve', '12', '--yes'],
		]) {
			const { code, stderr } = await place.type(argv);
			expect(code).toBe(4);
			expect(stderr).toMatch(/has not been shown to you[\s\S]*→ read it first: gangline diff 12/);
		}
		expect(approvals(place)).toEqual([]);
	});

	it('shows the change in short and asks, on a terminal where nothing was shown', async () => {
		await using place = await openWorkplace();
		const no = await place.type(['approve', '12'], { tty: true, env: { NO_COLOR: '1' } });
		expect(no.stderr).toMatch(/src\/login\.ts {2}\+2 -1[\s\S]*1 file, 2 added, 1 removed[\s\S]*nothing was approved/);
		expect(no.code).toBe(130);
		await using other = await openWorkplace();
		expect(await other.type(['approve', '12'], { tty: true, answer: true })).toMatchObject({
			code: 0,
			questions: ['Approve bbbbbbbbbb on main aaaaaaaaaa?', expect.stringMatching(/land what is green/)],
		});
	});

	it('says that there is nothing to approve', async () => {
		await using place = await openWorkplace();
		const { code, stderr } = await place.type(['approve', '1']);
		expect(code).toBe(3);
		expect(stderr).toMatch(/#1 has no change/);
	});
});

describe('diff', () => {
	it('gives a pipe the patch as it is, and a terminal one to read', async () => {
		await using place = await openWorkplace();
		const piped = await place.type(['diff', '12']);
		expect(piped.stdout.startsWith('diff --git ')).toBe(true);
		expect(piped.stdout).toContain('\u001b[2J');
		const seen = await place.type(['diff', '12'], { tty: true });
		expect(seen.stdout).toContain('\u001b[32m+new\u001b[39m');
		expect(seen.stdout).not.toContain('\u001b[2J');
		expect(seen.stdout).toMatch(/src\/login\.ts/);
	});

	it('goes through the pager on a terminal', async () => {
		await using place = await openWorkplace();
		const { stdout } = await place.type(['diff', '12'], { tty: true, env: { PAGER: 'cat >/dev/null' } });
		expect(stdout).toBe('');
	});

	it('of an item without a result says so', async () => {
		await using place = await openWorkplace();
		expect(await place.type(['diff', '1'])).toMatchObject({
			code: 3,
			stderr: expect.stringMatching(/#1 has no result yet/),
		});
	});
});

/** The first item, and what all events about it say. */
function firstOf({ home }: Workplace) {
	const item = home.items[0];
	if (!item) throw new Error('the tiny home has items');
	const common = { at: 0, project: shopId } as const;
	const log = { ...common, kind: 'log', key: item.key, name: '#1', alias: null } as const;
	return { home, item, common, log };
}

describe('logs --follow', () => {
	it('prints what was and what comes, each line once, and ends when the item is closed', async () => {
		await using place = await openWorkplace();
		const { home, item, common, log } = firstOf(place);
		let told = false;
		const followed = place.type(['logs', '1', '-f'], {
			onOutput: () => {
				if (told) return;
				told = true;
				home.emit({ ...log, line: line(2, 'done') });
				home.emit({ ...log, line: line(3, 'testing') });
				home.emit({ ...common, kind: 'item', item: { ...item, stage: 'done', column: 'done' }, why: 'landed' });
			},
		});
		expect(await followed).toMatchObject({
			code: 0,
			stdout: 'agent │ compiling\nagent │ done\nagent │ testing\n',
			stderr: '#1 is done\n',
		});
	});

	it('ends at once where the item is closed already, or was closed among events that were missed', async () => {
		await using place = await openWorkplace();
		const { home, item } = firstOf(place);
		const close = () => home.items.splice(0, 1, { ...item, stage: 'done', column: 'done' });
		const followed = place.type(['logs', '1', '-f'], {
			onOutput: () => {
				close();
				home.emit({ kind: 'dropped', at: 0, events: 3 });
			},
		});
		expect(await followed).toMatchObject({ code: 0, stderr: expect.stringMatching(/reading again\n#1 is done\n$/) });
		expect(await place.type(['logs', '1', '-f'])).toMatchObject({
			code: 0,
			stdout: 'agent │ compiling\nagent │ done\n',
			stderr: '#1 is done\n',
		});
	});

	it('of one run prints nothing of another', async () => {
		await using place = await openWorkplace();
		const { home, item, common, log } = firstOf(place);
		const followed = place.type(['logs', '1', '-f', '--run', 'run-1'], {
			onOutput: (text) => {
				if (!text.includes('compiling')) return;
				home.emit({ ...log, line: { ...line(1, 'another try'), run: 'run-2' } });
				home.emit({ ...common, kind: 'itemGone', key: item.key, name: '#1' });
			},
		});
		expect((await followed).stdout).not.toContain('another try');
	});

	it('ends with 130 after Ctrl-C, and with 6 when the node stops', async () => {
		await using place = await openWorkplace();
		const interruption = new AbortController();
		const interrupted = place.type(['logs', '1', '-f'], {
			interrupted: interruption.signal,
			onOutput: () => interruption.abort(),
		});
		expect(await interrupted).toMatchObject({ code: 130 });
		const left = place.type(['logs', '1', '-f'], { onOutput: () => void place.stopApi() });
		expect(await left).toMatchObject({ code: 6, stderr: 'the node stops\n' });
	});
});
