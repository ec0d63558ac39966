import { describe, expect, test } from 'vitest';
import { planMounts } from '../../../../node/agents/processes/mount-plan.ts';
import type { Confinement } from '../../../../shared/ports/index.ts';

const none: Confinement = { hidden: [], readOnly: [], writable: [] };

const cases: readonly [name: string, confinement: Partial<Confinement>, steps: readonly string[]][] = [
	['nothing', {}, []],
	['a writable folder in no other', { writable: ['/w'] }, []],
	['a hidden folder', { hidden: ['/s'] }, ['cover /s', 'seal /s']],
	['a folder to read only', { readOnly: ['/r'] }, ['here /r']],
	[
		'a writable folder in a hidden one: aside before the cover, back after it, sealed last',
		{ hidden: ['/s'], writable: ['/s/w'] },
		['aside 0 /s', 'cover /s', 'back rbind 0/w /s/w', 'seal /s'],
	],
	[
		'a writable folder in one to read in a hidden one',
		{ hidden: ['/s'], readOnly: ['/s/r'], writable: ['/s/r/w'] },
		['aside 0 /s', 'cover /s', 'back rbind,ro 0/r /s/r', 'back rbind 0/r/w /s/r/w', 'seal /s'],
	],
	[
		'a hidden folder in a writable one in a hidden one',
		{ hidden: ['/s', '/s/w/h'], writable: ['/s/w'] },
		['aside 0 /s', 'cover /s', 'back rbind 0/w /s/w', 'cover /s/w/h', 'seal /s', 'seal /s/w/h'],
	],
	[
		'writable folders in one to read: aside once, and back on top of it',
		{ readOnly: ['/r'], writable: ['/r/a', '/r/b'] },
		['aside 0 /r', 'here /r', 'back rbind 0/a /r/a', 'back rbind 0/b /r/b'],
	],
	['a hidden folder in a hidden one', { hidden: ['/s', '/s/h'] }, ['cover /s', 'seal /s']],
	['two words about one folder', { hidden: ['/s'], readOnly: ['/s'] }, ['here /s']],
	['names that only begin alike', { hidden: ['/s'], writable: ['/s2'] }, ['cover /s', 'seal /s']],
];

describe('planMounts', () => {
	test.each(cases)('covers and restores in the right order: %s', (_, confinement, steps) => {
		expect(planMounts({ ...none, ...confinement }).map((step) => step.join(' '))).toEqual(steps);
	});
});
