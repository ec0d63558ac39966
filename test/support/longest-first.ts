/**
 * The order of a run's files: the longest first, so that no processor is idle at the end while another works on one long
 * file. On a fresh clone nobody knows how long a file takes, and vitest would begin with the largest; so those that take
 * long are named here. A new one that is not named costs time and nothing else.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const longest = [
	...['partitions', 'agents', 'agents-acp', 'agents-killed'],
	...[
		'many-nodes',
		'containers',
		'containers-anew',
		'containers-elsewhere',
		'swarm',
		'workers',
		'runtimes',
		'hostile-items',
		'rehome',
	],
	...['main-job', 'bad-input', 'joining', 'store-crash', 'strangers', 'board-look', 'hostile-mesh', 'remotes'],
	...['landing-kills', 'board-live', 'pack-cost', 'fuzz-http', 'crash-power', 'network-hostile', 'git-soak'],
	...['pack', 'flow', 'project', 'person-checkout', 'remote'],
];

export class LongestFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const rank = ({ moduleId }: TestSpecification): number => {
			const at = longest.indexOf(moduleId.slice(moduleId.lastIndexOf('/') + 1).replace(/\.test\.ts$/, ''));
			return at === -1 ? longest.length : at;
		};
		return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
	}
}
