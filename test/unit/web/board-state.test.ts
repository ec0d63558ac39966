import { describe, expect, it } from 'vitest';
import { boardOf, withAnswer, withEvent, withItem } from '../../../gateway/web/model/board-state.ts';
import type { Board, ProjectView } from '../../../shared/operations/index.ts';
import { anItem } from '../../support/item-answer.ts';

const project: ProjectView = {
	...{ id: '01HZZZZZZZZZZZZZZZZZZZZZZZ', name: 'shop', path: '', branch: 'main' },
	...{ review: 'human', landing: 'local', paused: false, trouble: null },
};
const answer = (items: Board['items']): Board => ({
	...{ project, items, counts: {}, queue: [], costUsd: 0, refused: [], people: [], takenAt: 1 },
	distance: { branch: 'main', canonical: null, origin: null, checkout: null },
	qualification: { ready: true, reason: null, saw: null, at: null },
	home: { node: 'vm', here: false, connected: true, since: null, changesWaiting: 0, resultsWaiting: 0, words: null },
});
const holder = { node: 'vm', role: 'coder', agent: 'claude', since: 5 } as const;

describe('a board that is followed', () => {
	it('leaves the items alone that say the same', () => {
		const one = anItem({ number: 1 });
		const first = withAnswer(boardOf(project), answer([one, anItem({ number: 2 })]));
		const next = withAnswer(first, answer([anItem({ number: 1 }), anItem({ number: 2, title: 'Other' })]));
		expect(next.items.get('K1')).toBe(one);
		expect(next.items.get('K2')?.title).toBe('Other');
	});

	it('takes changes of its own project and no other', () => {
		const board = withAnswer(boardOf(project), answer([anItem()]));
		const event = { kind: 'item', at: 2, why: '', item: anItem({ title: 'New' }) } as const;
		expect(withEvent(board, { ...event, project: project.id }).items.get('K1')?.title).toBe('New');
		expect(withEvent(board, { ...event, project: 'other' })).toBe(board);
	});

	it('keeps what only the home knows when a change does not say it', () => {
		const board = withAnswer(
			boardOf(project),
			answer([anItem({ stage: 'coding', column: 'coding', holder, costUsd: 1.5, attempts: 2 })]),
		);
		const told = anItem({
			stage: 'coding',
			column: 'coding',
			holder: { ...holder, agent: null, since: 9 },
			title: 'New',
		});
		expect(withItem(board, told).items.get('K1')).toMatchObject({ costUsd: 1.5, attempts: 2, holder, title: 'New' });
	});

	it('keeps what an agent asks while a replica tells of the item, until it moved or was answered', () => {
		const asking = anItem({ stage: 'coding', column: 'coding', holder, asks: 'Bash curl', needsYou: 'answer it' });
		const board = withAnswer(boardOf(project), answer([asking]));
		const told = (part: Partial<typeof asking>) => {
			const item = anItem({ stage: 'coding', column: 'coding', holder, ...part });
			return withEvent(board, { kind: 'item', at: 2, why: '', project: project.id, item }).items.get('K1');
		};
		expect(told({ title: 'New' })).toMatchObject({ title: 'New', asks: 'Bash curl', needsYou: 'answer it' });
		expect(told({ stage: 'qa', column: 'qa' })?.asks).toBeNull();
		expect(withItem(board, anItem({ stage: 'coding', column: 'coding', holder })).items.get('K1')?.asks).toBeNull();
	});

	it('knows nothing of a new holder that it was not told', () => {
		const board = withAnswer(boardOf(project), answer([anItem({ holder })]));
		const other = { ...holder, node: 'big', agent: null, since: 9 };
		expect(withItem(board, anItem({ holder: other })).items.get('K1')?.holder).toEqual(other);
		expect(withItem(board, anItem({ holder: null })).items.get('K1')?.holder).toBeNull();
	});

	it('forgets what was deleted', () => {
		const board = withAnswer(boardOf(project), answer([anItem()]));
		const gone = withEvent(board, { kind: 'itemGone', at: 2, project: project.id, key: 'K1', name: '#1' });
		expect(gone.items.size).toBe(0);
	});

	it('is the very same where nothing has changed', () => {
		const board = withAnswer(boardOf(project), answer([anItem()]));
		expect(withItem(board, anItem())).toBe(board);
	});
});
