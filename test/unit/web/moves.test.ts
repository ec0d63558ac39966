import { describe, expect, it } from 'vitest';
import { dropOn, type Movable, movesOf } from '../../../gateway/web/model/moves.ts';
import { stageKinds } from '../../../shared/operations/index.ts';
import { columns, stages } from '../../../shared/pipeline/table.ts';
import { transitions } from '../../../shared/pipeline/transitions.ts';

const item = (part: Partial<Movable>): Movable => ({
	...{ stage: 'backlog', column: 'backlog', type: 'story', name: '#1' },
	...part,
});
const events = (part: Partial<Movable>): string[] => movesOf(item(part)).map(({ event }) => event);

describe('what a person may do with an item', () => {
	it('[I2] offers only what the table allows a person', () => {
		for (const stage of stageKinds) {
			for (const event of events({ stage, type: 'epic' })) {
				const row = transitions.find((one) => one.event === event);
				expect(row?.from, `${event} from ${stage}`).toContain(stage);
				expect(row?.by).toContain('user');
			}
		}
	});

	it('offers everything that a person may ask by a move, except what is bound to a diff', () => {
		const bound = ['approve', 'requestChanges'];
		for (const row of transitions) {
			if (!(row.by as readonly string[]).includes('user') || bound.includes(row.event)) continue;
			const type = row.event === 'start' ? 'story' : 'epic';
			for (const stage of row.from) expect(events({ stage, type }), `${row.event} from ${stage}`).toContain(row.event);
		}
	});

	it('marks no story as done by hand and starts no epic', () => {
		expect(events({ stage: 'coding', column: 'coding' })).not.toContain('complete');
		expect(events({ type: 'epic' })).not.toContain('start');
	});
});

describe('dropping a card', () => {
	it('starts, defers, reopens and lands again', () => {
		expect(dropOn(item({}), 'coding')).toMatchObject({ kind: 'move', move: { event: 'start' } });
		expect(dropOn(item({ stage: 'coding', column: 'coding' }), 'backlog')).toMatchObject({ move: { event: 'defer' } });
		expect(dropOn(item({ stage: 'abandoned', column: 'closed' }), 'backlog')).toMatchObject({
			move: { event: 'reopen' },
		});
		expect(dropOn(item({ stage: 'mergeFailureFinal', column: 'merge' }), 'merge')).toEqual({ kind: 'stays' });
	});

	it('leads to the change where a look is what is missing', () => {
		expect(dropOn(item({ stage: 'reviewHold', column: 'qa' }), 'merge').kind).toBe('review');
		expect(dropOn(item({ stage: 'reviewHold', column: 'qa' }), 'coding').kind).toBe('review');
	});

	it('says of every stage and column what it comes to, with words where it is refused', () => {
		for (const stage of stageKinds) {
			const column = stages[stage].column === 'of resumeTo' ? 'coding' : stages[stage].column;
			for (const to of columns) {
				const drop = dropOn(item({ stage, column }), to);
				if (drop.kind === 'refused') expect(drop.words).toMatch(/#1/);
				else expect(['move', 'review', 'stays']).toContain(drop.kind);
			}
		}
	});

	it('never undoes what has landed', () => {
		expect(dropOn(item({ stage: 'done', column: 'done' }), 'backlog')).toMatchObject({ kind: 'refused' });
	});
});
