import { describe, expect, it } from 'vitest';
import { boardOf, type ProjectBoard } from '../../../gateway/web/model/board-state.ts';
import { hindranceOf, runsWith, type Wanted } from '../../../gateway/web/model/runs-with.ts';
import { settingsSections } from '../../../gateway/web/model/settings-rows.ts';
import { projectConfigSchema } from '../../../shared/project/index.ts';

const board = boardOf({
	...{
		id: 'P',
		name: 'shop',
		path: '',
		branch: 'main',
		review: 'human',
		landing: 'local',
		paused: false,
		trouble: null,
	},
});
const settings = (more: object = {}) =>
	projectConfigSchema.parse({
		...{ id: '01JZ0000000000000000000SHP', name: 'shop', branch: 'main' },
		gate: [
			{ name: 'types', command: 'tsc' },
			{ name: 'test', command: 'npm test' },
		],
		agent: [{ name: 'claude', runtime: 'claude-code', model: 'opus', max_cost_usd: 3 }],
		budget: { day_usd: 20 },
		...more,
	});
const wanted = (part: Partial<Wanted> = {}): Wanted => ({
	...{ description: 'Words', agent: null, type: 'story', hold: false, upcoming: false, board, settings: settings() },
	...part,
});
const paused: ProjectBoard = { ...board, project: { ...board.project, paused: true } };

describe('the line below a new item', () => {
	it('names agent, model, budget, checks, and who looks at it', () => {
		expect(runsWith(wanted())).toBe(
			'claude does it (claude-code, opus), at most $3.00 a session, $20.00 a day for all. It starts as soon as a slot is free. When the gates types and test pass, you look at it and it lands on main.',
		);
	});

	it('needs no agent for a script, and says less where the settings are not known', () => {
		expect(runsWith(wanted({ description: '```sh\ntrue\n```\n' }))).toMatch(
			/^Its script is run as it is: no agent, no model/,
		);
		expect(runsWith(wanted({ settings: null }))).toMatch(/^The project’s own agent does it\. .* When the gates pass,/);
	});

	it('says what would keep it queued, with what a button does about it', () => {
		expect(hindranceOf(wanted())).toBeNull();
		expect(hindranceOf(wanted({ board: paused }))).toMatchObject({ does: 'resume' });
		expect(hindranceOf(wanted({ settings: settings({ agent: [] }) }))).toMatchObject({ does: 'settings' });
		expect(hindranceOf(wanted({ agent: 'nobody' }))?.words).toContain('no agent named nobody');
		expect(hindranceOf(wanted({ settings: settings({ work: { auto_start: false } }) }))?.words).toContain('auto_start');
		for (const part of [{ hold: true }, { upcoming: true }, { type: 'epic' }])
			expect(hindranceOf(wanted({ board: paused, ...part }))).toBeNull();
	});
});

describe('settings as their file has them', () => {
	it('stand under its names, section by section', () => {
		const sections = settingsSections(settings());
		expect(sections[0]).toMatchObject({
			title: '',
			rows: [{ key: 'id' }, { key: 'name' }, { key: 'branch', value: '"main"' }],
		});
		expect(sections.map(({ title }) => title)).toEqual(
			expect.arrayContaining(['[review]', '[budget]', '[[gate]] types', '[[gate]] test', '[[agent]] claude']),
		);
		expect(sections.find(({ title }) => title === '[review]')?.rows).toEqual([{ key: 'mode', value: '"human"' }]);
	});
});
