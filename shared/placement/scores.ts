/**
 * How good a node is for a task, as whole numbers. A warm session outweighs everything (an agent that remembers saves
 * more than any idle machine), a clone outweighs a moderately busier machine. Load and fill count in quarters, so that
 * nearly equal nodes are equal and the hash decides: it is the hash that keeps tasks where they were when nodes come
 * and go.
 */
import { assert } from '../ports/errors.ts';
import type { PlacementNode } from './shapes.ts';

export const scores = {
	session: 100,
	clone: 30,
	repository: 15,
	/** Per quarter of the slots that are in use, at most four. */
	fillQuarter: -8,
	/** Per quarter of load, at most four. */
	loadQuarter: -4,
} as const;

const allButSession = scores.clone + scores.repository - 4 * scores.fillQuarter - 4 * scores.loadQuarter;
assert(allButSession < scores.session, 'a session that can be resumed outweighs everything else together');

/** What of the score does not depend on the task; changes as slots are taken. */
export function nodeScore({ slots, load }: PlacementNode, used: number): number {
	const fill = slots > 0 ? quarters(used / slots) : 4;
	return fill * scores.fillQuarter + quarters(load) * scores.loadQuarter;
}

function quarters(share: number): number {
	return Math.max(0, Math.min(4, Math.floor(share * 4)));
}

/** FNV-1a over code units: 32 bits of a name, the same everywhere. */
export function hashOf(name: string): number {
	let hash = 0x811c9dc5;
	for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
	return hash >>> 0;
}

/** The rendezvous weight of a pair: each task has its own order of all nodes, so a node that goes moves only its tasks. */
export function rendezvous(task: number, node: number): number {
	let mixed = Math.imul(task ^ (node + 0x9e3779b9), 0x85ebca6b);
	mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
	return (mixed ^ (mixed >>> 16)) >>> 0;
}
