/**
 * `place` for 2,000 tasks and 200 nodes, and how its cost grows: with tasks times nodes, and no faster. It only computes,
 * so its processor time is what counts.
 */
import { type PlacementNode, type PlacementTask, place } from '../../shared/placement/index.ts';
import { alternate, repeat } from './alternate.ts';
import { type BenchResult, judged } from './result.ts';
import type { BenchOptions } from './run.ts';

const now = 1_700_000_000_000;

export async function measurePlace({ quick }: BenchOptions): Promise<readonly BenchResult[]> {
	const rounds = { rounds: quick ? 5 : 25, perRound: 4, warmUp: 40 };
	const [tasks, nodes] = [makeTasks(2_000), makeNodes(200)];
	const ours = await repeat({ once: () => void place(tasks, nodes, now) }, rounds);
	const four = [makeTasks(4_000), makeNodes(400)] as const;
	const grown = await alternate(
		{ once: () => void place(...four, now) },
		{ once: () => void place(tasks, nodes, now) },
		rounds,
	);
	return [
		judged({ name: 'place 2,000 tasks on 200 nodes', unit: 'ms', ours, goals: [{ of: 'cpuMs', atMost: 10 }] }),
		judged({
			...grown,
			name: 'place 4,000 tasks on 400 nodes',
			unit: 'ms',
			peer: { ...grown.peer, name: 'a quarter of the pairs' },
			// Four times the pairs; a tenth more for what is noise.
			goals: [{ of: 'ratio', atMost: 4.4 }],
		}),
	];
}

/** Ten projects, some tasks pinned or labelled, a tenth with a clone somewhere. */
function makeTasks(count: number): readonly PlacementTask[] {
	return Array.from({ length: count }, (_, at) => ({
		id: `project-${at % 10}/item-${at}`,
		project: `project-${at % 10}`,
		workspace: `item-${at}`,
		role: 'coder',
		rank: at,
		runtime: at % 3 === 0 ? 'claude-code' : 'shell',
		agent: null,
		account: at % 3 === 0 ? 'team' : null,
		labels: at % 7 === 0 ? ['gpu'] : [],
		pin: at % 97 === 0 ? `node-${at % 50}` : null,
		declinedBy: at % 41 === 0 ? [`node-${at % 20}`] : [],
	}));
}

function makeNodes(count: number): readonly PlacementNode[] {
	return Array.from({ length: count }, (_, at) => ({
		id: `node-${at}`,
		duties: ['work'],
		projects: at % 5 === 0 ? [`project-${at % 10}`, `project-${(at + 3) % 10}`] : 'any',
		qualified: at % 29 !== 0,
		draining: at % 31 === 0,
		labels: at % 4 === 0 ? ['gpu', 'linux'] : ['linux'],
		runtimes: ['shell', 'claude-code'],
		agents: [],
		slots: 12,
		used: at % 3,
		load: (at % 10) / 10,
		free: { memoryMb: 8_000, diskMb: 50_000 },
		floor: { memoryMb: 500, diskMb: 1_000 },
		limitedUntil: at % 11 === 0 ? { team: now + 60_000 } : {},
		repositories: [`project-${at % 10}`],
		clones: [`item-${at * 10}`],
		sessions: at % 2 === 0 ? [`item-${at * 10 + 1}`] : [],
	}));
}
