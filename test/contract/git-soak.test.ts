/**
 * Landing under SIGKILL: two rivals at a time on one repository, the one that lands killed every few milliseconds, until
 * all items are on main. Nothing that was answered is lost, nothing lands twice, and what a killed one left is healed.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CanonicalRepository } from '../../shared/git/index.ts';
import { commitInto, environment, newCanonical, shell, signer, temporaryFolder } from '../support/git.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const all = Boolean(process.env.GANGLINE_TEST_ALL);
const itemsCount = all ? 150 : 60;
const killsWanted = all ? 100 : 40;
/** On a busy machine fewer kills have to do. */
const killingMsMax = 15_000;
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const key = (index: number): string =>
	`01ARZ3NDEKTSV4RRFFQ6${[5, 4, 3, 2, 1, 0].map((place) => alphabet[Math.floor(index / 32 ** place) % 32]).join('')}`;

/** Items that add a file each, on one base, written by one fast-import. */
function manyItems(gitDir: string, base: string): string {
	const stream = Array.from(
		{ length: itemsCount },
		(_, index) =>
			`commit refs/gangline/attempts/${key(index)}/1.1\nmark :${index + 1}\ncommitter A <a@b> 0 +0000\ndata 1\nx\nfrom ${base}\nM 644 inline f${index}\ndata 2\nx\n\n`,
	);
	const marks = join(folder.path, 'marks');
	execFileSync('git', ['--git-dir', gitDir, 'fast-import', '--quiet', `--export-marks=${marks}`], {
		input: stream.join(''),
	});
	const lines = execFileSync('sort', ['-t:', '-k2n', marks], { encoding: 'utf8' }).trim().split('\n');
	return lines.map((line, index) => `${key(index)} ${line.split(' ')[1]}`).join('\n');
}

function killIfThere(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It had ended.
	}
}

interface Lander {
	readonly child: ChildProcess;
	readonly ended: Promise<void>;
}

describe('landing under SIGKILL', () => {
	it('[I3] [I6] loses nothing and lands nothing twice, with rivals and orphans', async () => {
		const path = join(folder.path, 'canonical.git');
		const canonical = await newCanonical(path);
		const base = commitInto(path, [], { base: '' }, 'base');
		await canonical.moveMain(base, null);
		const list = join(folder.path, 'items');
		writeFileSync(list, manyItems(path, base));
		await canonical.close();

		const answered = new Set<string>();
		const seen = { kills: 0, cleared: 0, done: 0, errors: '' };
		const killUntil = Date.now() + killingMsMax;
		const start = (): Lander => {
			const child = spawn(process.execPath, [join(import.meta.dirname, '../support/git-lander.ts'), path, list], {
				stdio: ['ignore', 'pipe', 'pipe'],
				env: { ...process.env, NODE_COMPILE_CACHE: join(folder.path, 'compiled') },
			});
			child.stdout.setEncoding('utf8').on('data', (text: string) => {
				for (const [, item] of text.matchAll(/^landed (\w+)$/gm)) if (item) answered.add(item);
				seen.cleared += [...text.matchAll(/^cleared/gm)].length;
				seen.done += [...text.matchAll(/^done$/gm)].length;
				const wanted = seen.kills < killsWanted && Date.now() < killUntil && /^landed/m.test(text);
				// Spread over all steps of the next landing.
				if (wanted) setTimeout(kill, (seen.kills * 7) % 25);
			});
			child.stderr.setEncoding('utf8').on('data', (text: string) => {
				seen.errors += text;
			});
			const kill = (): void => {
				if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
				const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
					.split(' ')
					.filter(Boolean);
				if (child.kill('SIGKILL')) seen.kills++;
				// Every second time its git children live on as orphans; otherwise they die in the act and leave lock files.
				if (seen.kills % 2 === 0) for (const orphan of children) killIfThere(Number(orphan));
			};
			return { child, ended: new Promise((resolve) => child.once('close', () => resolve())) };
		};

		while (seen.done === 0 && seen.errors === '') {
			const rivals = [start(), start()];
			await Promise.all(rivals.map(({ ended }) => ended));
		}

		expect(seen.errors).toBe('');
		expect(seen.kills).toBeGreaterThanOrEqual(20);
		const committer = { name: 'Gangline', email: 'gangline@localhost' };
		const after = await CanonicalRepository.open({ path, branch: 'main', signer: signer(), committer, environment });
		const landings = (await after.firstParents({})).flatMap(({ landing }) => (landing ? [landing.item] : []));
		expect(landings).toHaveLength(itemsCount);
		expect(new Set(landings).size).toBe(itemsCount);
		expect([...answered].filter((item) => !landings.includes(item))).toEqual([]);
		expect(shell(path, 'ls-tree', '--name-only', 'main').split('\n')).toHaveLength(itemsCount + 1);
		expect(shell(path, 'fsck', '--no-dangling', 'main')).toBe('');
		await after.close();
	});
});
