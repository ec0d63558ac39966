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

it('new and start say with their exit code that nobody looks any more', async () => {
	for (const argv of [
		['new', 'myapp'],
		['start', 'myapp'],
	]) {
		await using place = await openWorkplace({ gateway: true });
		const interruption = new AbortController();
		const making = { container: { ...myapp, state: 'making' as const }, answer: 'myapp is being made' };
		const handler = async () => making;
		const all = { 'container.create': handler, 'container.start': handler, 'container.show': handler };
		Object.assign(place.home.handlers, all);
		const onMessage = () => interruption.abort();
		const typed = await place.type(argv, { interrupted: interruption.signal, onMessage });
		expect(typed).toMatchObject({ code: 130, stdout: '' });
		expect(typed.stderr).toMatch(/^myapp is being made\nit goes on without you: gangline containers myapp\n$/);
	}
});
