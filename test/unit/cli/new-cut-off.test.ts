import { expect, it } from 'vitest';
import { openWorkplace } from '../../support/terminal.ts';
import { myapp } from '../../support/tiny-containers.ts';

it('new says that the gateway ended while it was at it, and how to go on', async () => {
	await using place = await openWorkplace({ gateway: true });
	const { home } = place;
	Object.assign(home.handlers, {
		'container.create': async () => {
			setImmediate(() => home.emit({ kind: 'stopping', at: 0 }));
			return { container: { ...myapp, state: 'making', words: 'image: building it' }, answer: 'myapp is being made' };
		},
	});
	const { code, stderr } = await place.type(['new', 'myapp']);
	expect(code).toBe(6);
	expect(stderr).toMatch(/gangline: the gateway ended while myapp was being made, at image: building it\n/);
	expect(stderr).toMatch(/→ start it, and go on from there: gangline gateway start; gangline new myapp --retry/);
});
