import { describe, expect, test } from 'vitest';
import { commitOnlyPrompt, qaPrompt, researchPrompt, taskPrompt, withNotes } from '../../../node/agents/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';

const task: Task = {
	project: 'p',
	item: {
		key: 'k',
		number: 12,
		title: 'Fix the parser',
		type: 'bug',
		description: 'It fails on "x".',
		words: [],
		lastFailure: null,
	},
	role: 'coder',
	agent: 'ada',
	token: [1, 2],
	main: 'a'.repeat(40),
	startFrom: null,
};
const place = { branch: 'gangline/12', gates: ['npm test', 'npm run lint'] };
const withItem = (item: Partial<Task['item']>, more: Partial<Task> = {}): Task => ({
	...task,
	...more,
	item: { ...task.item, ...item },
});

describe('the prompt', () => {
	test('says what, where, how it will be judged and what must not be touched', () => {
		const prompt = taskPrompt(task, place);
		for (const part of [
			'# Fix the parser',
			'It fails on "x".',
			'`gangline/12`',
			'`npm test`, `npm run lint`',
			'`.gangline/`',
			'Do not push',
		]) {
			expect(prompt).toContain(part);
		}
		expect(prompt).not.toContain('last try');
	});

	test('is small in our own words, for every role', () => {
		const empty = { title: '', description: '' };
		for (const role of ['coder', 'qa', 'mergemaster'] as const) {
			expect(taskPrompt(withItem(empty, { role, startFrom: 'b' }), { branch: 'b', gates: [] }).length).toBeLessThan(
				3_000,
			);
		}
		const looking = { branch: 'b', gates: [], answerFile: '/tmp/p21000/answer', trouble: null };
		for (const prompt of [qaPrompt, researchPrompt])
			expect(prompt(withItem(empty), looking).length).toBeLessThan(3_000);
		expect(commitOnlyPrompt(withItem(empty), { branch: 'b', gates: [] }).length).toBeLessThan(3_000);
	});

	test("gives a person's words and the raw failure, cut in the middle when it is long", () => {
		const failure = `BEGIN ${'x'.repeat(50_000)} END`;
		const prompt = taskPrompt(withItem({ words: ['not like this'], lastFailure: failure }), place);
		expect(prompt).toContain('- not like this');
		expect(prompt).toContain('BEGIN');
		expect(prompt).toContain('END');
		expect(prompt).toMatch(/… \d+ characters left out …/);
		expect(prompt.length).toBeLessThan(12_000);
	});

	test('says what people said, whoever it is for: who works, who checks and who finds out', () => {
		const said = withItem({}, { notes: ['ann: mind the gap'] });
		const looking = { branch: 'b', gates: [], answerFile: '/tmp/p21000/answer', trouble: null };
		for (const prompt of [
			qaPrompt(said, looking),
			researchPrompt(said, looking),
			withNotes(taskPrompt(said, place), said),
		]) {
			expect(prompt).toContain('- ann: mind the gap');
		}
	});

	test("begins with the project's own words, names its guides and tells of earlier tries", () => {
		const brief = {
			role: 'Be quick about {{number}} on {{branch}}, {{nobody}}.',
			guides: ['AGENTS.md'],
			history: ['2026-11-21 10:00 attemptFailed (ada): gate test: ended with 1'],
			commits: ['abc1234 Try it 1 file changed, 1 insertion(+)'],
		};
		const prompt = taskPrompt(withItem({}, { brief }), place);
		expect(prompt.startsWith('Be quick about 12 on gangline/12, {{nobody}}.')).toBe(true);
		for (const part of ['- Read `AGENTS.md`', 'gate test: ended with 1', 'abc1234 Try it', 'Do not push']) {
			expect(prompt).toContain(part);
		}
		expect(commitOnlyPrompt(withItem({}, { brief }), place)).toContain('`AGENTS.md`');
	});

	test('has words of its own for each role, built in and of the project', () => {
		const looking = { ...place, answerFile: '/tmp/p21000/answer', trouble: null };
		const brief = { role: 'For the coder.', guides: [], history: [], commits: [] };
		const told = (of: Partial<Task>) =>
			[taskPrompt, qaPrompt, researchPrompt].map((prompt) => prompt(withItem({}, of), looking));
		const [coder = '', , research = ''] = told({});
		expect(coder).toMatch(/^Do item 12/);
		expect(told({ role: 'qa' })[1]).toMatch(/^Check the change/);
		expect(told({ role: 'mergemaster' })[0]).toMatch(/^Item 12 \(bug\) is done on this branch/);
		expect(research).toMatch(/^Item 12 \(bug\) was tried several times/);
		// Whoever looks first is no coder: only what the project says for research is for it.
		expect(told({ brief })[0]).toMatch(/^For the coder\./);
		expect(told({ brief })[2]).toMatch(/^Item 12 \(bug\) was tried several times/);
		expect(told({ brief: { ...brief, research: 'Dig at {{title}}.' } })[2]).toMatch(/^Dig at Fix the parser\./);
	});

	test('names the commit to merge for a conflict', () => {
		expect(taskPrompt(withItem({}, { role: 'mergemaster' }), place)).toContain(`commit ${'a'.repeat(40)}`);
	});
});
