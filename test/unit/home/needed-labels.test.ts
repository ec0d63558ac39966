import { describe, expect, it } from 'vitest';
import { startsOn } from '../../../node/home/needed-labels.ts';
import type { PlacementNode } from '../../../shared/placement/index.ts';

function node(id: string, more: Partial<PlacementNode> = {}): PlacementNode {
	const room = { memoryMb: 9_000, diskMb: 90_000 };
	return {
		...{ id, duties: ['work'], projects: 'any', qualified: true, draining: false, labels: [id] },
		...{ runtimes: ['shell'], agents: [], slots: 1, used: 0, load: 0, free: room, floor: room },
		...{ limitedUntil: {}, repositories: [], clones: [], sessions: [] },
		...more,
	};
}

describe('where an item is said to start', () => {
	const check = (what: string, labels: readonly string[], nodes: readonly PlacementNode[], words: string): void => {
		it(what, () => expect(startsOn({ labels }, nodes, (id) => id)).toBe(words));
	};
	const tower = node('tower');
	check('is the only worker', [], [tower], 'tower');
	check('is open where several can', [], [tower, node('attic')], 'a machine that has room');
	check('is the one with the label that it needs', ['needs:attic', 'ui'], [tower, node('attic')], 'attic');
	check('is unknown where none has the label', ['needs:gpu'], [tower], 'a worker that is free');
	check('is never a node that takes nothing', [], [node('tower', { qualified: false })], 'a worker that is free');
	check('is never a node that goes', [], [node('tower', { draining: true }), node('attic')], 'attic');
	check('is never a node that is not for the project', [], [node('tower', { projects: [] }), node('attic')], 'attic');
});
