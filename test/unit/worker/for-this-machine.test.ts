/** What a project's settings leave open, as the machine that runs its agents fills it in. */
import { expect, it } from 'vitest';
import { forThisMachine } from '../../../node/compose-worker.ts';
import { projectConfigSchema } from '../../../shared/project/index.ts';
import { projectOne } from '../../support/facts.ts';

it('asks nothing in a container that encloses the project, unless the settings say so', () => {
	const settings = projectConfigSchema.parse({
		...{ id: projectOne, name: 'app', branch: 'main' },
		agent: [
			{ name: 'open', runtime: 'claude-code' },
			{ name: 'careful', runtime: 'claude-code', permissions: 'ask' },
		],
	});
	const asked = (isContained: boolean) =>
		forThisMachine(settings, isContained).agent.map(({ permissions }) => permissions);
	expect([asked(true), asked(false)]).toEqual([
		['all', 'ask'],
		[undefined, 'ask'],
	]);
});
