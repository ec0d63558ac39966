import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../../support/terminal.ts';

describe('board', () => {
	it('writes the link alone to stdout, and what it is good for beside it', async () => {
		await using place = await openWorkplace({ gateway: true });
		const { stdout, stderr } = await place.type(['board']);
		expect(stdout).toBe('http://gangline.localhost:7430/login#secret\n');
		expect(stderr).toMatch(/for one login as ada \(owner\), until/);
	});

	it('is made for another person, for as long as was asked', async () => {
		await using place = await openWorkplace({ gateway: true });
		await place.type(['board', '--person', 'ann', '--expires', '2h']);
		expect(place.home.asked.at(-1)).toMatchObject({ name: 'session.link', args: { person: 'ann', minutes: 120 } });
	});

	it('is taken from behind a proxy again', async () => {
		await using place = await openWorkplace({ gateway: true });
		await place.type(['board', '--no-public-url', '--no-behind-proxy']);
		expect(place.home.asked.at(-1)?.args).toEqual({ publicUrl: null, behindProxy: false });
	});

	it('believes a proxy of this machine, or those that are named, and says which', async () => {
		await using place = await openWorkplace({ gateway: true });
		await place.type(['board', '--behind-proxy']);
		expect(place.home.asked.at(-1)?.args).toEqual({ behindProxy: true, trustedProxies: [] });
		await place.type(['board', '--trusted-proxy', '10.0.0.5', '--trusted-proxy', '10.1.0.0/16']);
		expect(place.home.asked.at(-1)?.args).toEqual({ behindProxy: true, trustedProxies: ['10.0.0.5', '10.1.0.0/16'] });
	});
});

describe('phone', () => {
	it('opens nothing without being told, asks where a person can be asked, and says what it means', async () => {
		await using place = await openWorkplace({ gateway: true });
		const opened = () => place.home.asked.some(({ name }) => name === 'board.open');
		await place.type(['phone']);
		expect(opened()).toBe(false);
		const no = await place.type(['phone'], { tty: true, answer: false });
		expect(no.questions).toEqual([expect.stringMatching(/Open it at 192\.0\.2\.7, in plain http: whoever can listen/)]);
		expect(opened()).toBe(false);
		await place.type(['phone'], { tty: true, answer: true });
		expect(opened()).toBe(true);
	});

	it('draws a code for a terminal and prints the bare link into a pipe', async () => {
		await using place = await openWorkplace({ gateway: true });
		const piped = await place.type(['phone']);
		expect(piped.stdout).toBe('http://gangline.localhost:7430/login#secret\n');
		expect(piped.stderr).toContain('in the clear');
		const drawn = await place.type(['phone'], { tty: true });
		expect(drawn.stdout).toMatch(/[▀▄█]{10}[\s\S]*login#secret/);
	});

	it('is taken away with everyone who came in by it', async () => {
		await using place = await openWorkplace({ gateway: true });
		const { stdout } = await place.type(['phone', '--off']);
		expect(place.home.asked.find(({ name }) => name === 'board.open')?.args).toEqual({ lan: [] });
		expect(stdout).toContain('no phone was logged in');
	});
});
