/** Strangers whose projects take long: run by `scripts/test --all`, which installs what they are written in. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
	all,
	answerOf,
	begin,
	boardWhere,
	expectLanded,
	isStage,
	landThree,
	threeFiles,
} from '../support/strangers.ts';
import { makeWorld } from '../support/world.ts';

const go = answerOf('go', 'version');
const missing = go === null ? ' (go is not installed here: apt-get install golang-go)' : '';

it.skipIf(!all || go === null)(`a stranger with Go and its standard library lands three${missing}`, async () => {
	await using world = makeWorld({ GOFLAGS: '-mod=mod', GOPROXY: 'off' });
	const repository = world.repository('go', {
		'go.mod': 'module example.org/words\n\ngo 1.19\n',
		'words.go': 'package words\n\nfunc Plural(word string) string { return word + "s" }\n',
		'words_test.go':
			'package words\n\nimport "testing"\n\nfunc TestPlural(t *testing.T) {\n\tif Plural("cat") != "cats" {\n\t\tt.Fatal("cats expected")\n\t}\n}\n',
	});
	const said = await begin(world, repository, '--review', 'server');
	expect(said).toContain('go vet ./...');
	expect(said).toContain('go test ./...');
	await landThree(world, repository, {
		items: [
			{ title: 'Same', script: 'printf "\\nfunc Same(word string) string { return word }\\n" >> words.go' },
			...threeFiles.slice(1),
		],
	});
});

it.skipIf(!all)(
	'a stranger with 20,000 files lands three, the checkout is forwarded, and the time is told',
	async () => {
		await using world = makeWorld();
		const repository = world.repository('large', { Makefile: 'test:\n\t@test "$$(ls | wc -l)" -gt 100\n' });
		for (let folder = 0; folder < 200; folder += 1) {
			const path = join(repository, `folder ${folder}`);
			mkdirSync(path);
			for (let file = 0; file < 100; file += 1) writeFileSync(join(path, `${file}.txt`), `${folder} ${file}\n`);
		}
		world.git(repository, 'add', '-A');
		world.git(repository, 'commit', '-q', '-m', '20,000 files');
		await begin(world, repository, '--review', 'server');
		await boardWhere(world, repository, ({ qualification }) => qualification.ready);
		const titles: string[] = [];
		for (const number of [1, 2, 3]) {
			const began = performance.now();
			titles.push(`Change ${number}`);
			await world.ok(repository, 'add', `Change ${number}`, '--run', `echo ${number} >> "folder ${number}/1.txt"`);
			await boardWhere(world, repository, (board) => isStage(board, number, 'done'));
			await expectLanded(world, repository, { titles });
			const seconds = (performance.now() - began) / 1000;
			console.log(`20,000 files: #${number} from add to a forwarded checkout in ${seconds.toFixed(1)} s`);
		}
		expect(world.git(repository, 'show', 'HEAD:folder 3/1.txt')).toBe('3 1\n3');
	},
);
