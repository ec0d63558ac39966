import { expect, it } from 'vitest';
import { endAll } from '../../../node/end-all.ts';

it('ends what comes after a part that cannot be ended, and says which one that was', async () => {
	const ended: string[] = [];
	const part =
		(name: string, fails = false) =>
		async (): Promise<void> => {
			ended.push(name);
			if (fails) throw new Error(`${name} stays`);
		};
	await expect(endAll([part('mesh', true), part('projects'), part('api', true), part('store')])).rejects.toThrow(
		'mesh stays',
	);
	expect(ended).toEqual(['mesh', 'projects', 'api', 'store']);
});
