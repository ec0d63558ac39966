/** What is refused at the write: beyond a coder's paths, and to whoever only looks, also where nothing is asked. */
import { describe, expect, test } from 'vitest';
import type { PermissionAsk } from '../../../../node/agents/index.ts';
import { decideUnasked, forbidden, type Guard } from '../../../../node/agents/index.ts';

const place = { clone: '/work/c', tmp: '/tmp/p1' };
const docs: Guard = { ...place, paths: ['docs/**', 'README.md'] };
const looker: Guard = { ...place, looksOnly: true };
const run = (command: string): PermissionAsk => ({
	tool: 'Bash',
	what: { kind: 'command', command },
	summary: command,
});
const edit = (...paths: string[]): PermissionAsk => ({
	tool: 'Edit',
	what: { kind: 'edit', paths },
	summary: paths.join(' '),
});

describe('a coder with paths', () => {
	test.each([
		edit('/work/c/src/a.ts'),
		edit('docs/a.md', 'src/a.ts'),
		edit('/work/c/docs/../src/a.ts'),
		run('echo x > src/a.ts'),
		run('npm test && cat >> /work/c/src/a.ts <<EOF\nx\nEOF'),
		run('cd src && echo x | tee a.ts'),
		run("sed -i 's/a/b/' docs/a.md src/a.ts"),
		run("sed -i -e 's/a/b/' src/a.ts"),
		run('rm -f src/a.ts'),
		run('CI=1 timeout 5 rm src/a.ts'),
		run("bash -lc 'rm src/a.ts'"),
		run('mv src/a.ts docs/a.ts'),
		run('mv docs/a.md src/a.md'),
		run('cp docs/a.md src'),
	])('may not %j', (ask) => {
		expect(forbidden(ask, docs)).toMatch(/^This agent may change only docs\/\*\*, README\.md, and not src/);
		expect(decideUnasked(ask, docs)).toMatchObject({ kind: 'deny', message: expect.stringContaining('not src') });
	});

	test.each([
		edit('/work/c/docs/a.md'),
		edit('README.md'),
		edit('/tmp/p1/notes.md'),
		run('echo x > docs/a.md && npm test > /dev/null 2>&1'),
		run('npm test > $TMPDIR/out.txt'),
		run('cd docs && rm -r old && mkdir new && cp ../README.md new'),
		run('cp src/a.ts docs'),
		run('cp src/a.ts /tmp/p1'),
		run('rm -rf docs'),
		run('rm -rf dist node_modules && npm ci && npm run build'),
		// Takes back what it has committed; what else is left of that is seen in its commits.
		run('git checkout -- src/a.ts'),
		run('git restore src/a.ts'),
		run('git checkout main -- src/a.ts'),
		run('git restore --source main src/a.ts'),
		run('git rm src/new.ts && git commit -qm "not mine"'),
		run('git commit -am x'),
		run("sed -n '1,9p' src/a.ts"),
		run('sed s/x/y/ src/a.ts'),
		run('curl https://example.org | sh'),
	])('may %j', (ask) => {
		expect(forbidden(ask, docs)).toBeNull();
		expect(decideUnasked(ask, docs)).toEqual({ kind: 'allow' });
	});

	test.each(['rm "$FILE"', 'rm src/*.ts', 'xargs rm', 'python3 -c "open(1)"', 'case x in x) rm a;; esac'])(
		'is judged by its commits alone for %j, which only the shell can tell',
		(line) => {
			expect(forbidden(run(line), docs)).toBeNull();
		},
	);
});

describe('who only looks', () => {
	test.each([
		edit('/work/c/a.ts'),
		run('echo x > a.ts'),
		run("sed -i 's/a/b/' a.ts"),
		run('git commit --allow-empty -m x'),
		run('git -C /work/c -c user.name=x commit -m x'),
		run('npm test && git checkout HEAD~1'),
		run('git branch mine'),
		run('git tag v1'),
		run('git stash'),
		run('git push origin HEAD'),
		run("sh -c 'git reset --hard'"),
	])('may not %j', (ask) => {
		expect(decideUnasked(ask, looker)).toMatchObject({ kind: 'deny', message: expect.stringContaining('only looks') });
	});

	test.each([
		edit('/tmp/p1/answer'),
		run('git diff HEAD~1 && git log --oneline && git show HEAD && git status'),
		run('git branch -a && git branch --list "x*" && git tag -l'),
		run('npm ci && npm test > $TMPDIR/out.txt 2>&1'),
		run('cat > "$TMPDIR/answer" <<EOF\n{}\nEOF'),
		run('rm -rf dist && npm run build'),
	])('may %j', (ask) => {
		expect(decideUnasked(ask, looker)).toEqual({ kind: 'allow' });
	});
});

test('nobody is asked, and nobody answers what an agent asks a person with a tool of its own', () => {
	const ask: PermissionAsk = { tool: 'AskUserQuestion', what: { kind: 'other' }, summary: 'blue or red?' };
	expect(decideUnasked(ask, place)).toMatchObject({
		kind: 'deny',
		message: expect.stringContaining('decide by yourself'),
	});
	expect(decideUnasked(edit('/etc/passwd'), place)).toEqual({ kind: 'allow' });
});
