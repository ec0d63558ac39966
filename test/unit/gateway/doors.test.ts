/** The gateway's doors are moved one after the other, and stay where the last who moved them wanted them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { createBuilds } from '../../../gateway/builds/index.ts';
import { Doors } from '../../../gateway/doors.ts';
import { readHosts, readListening, writeListening } from '../../../gateway/listening.ts';
import { SimLog } from '../../../shared/ports/sim/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'gangline-doors-'));

/** Doors whose listening takes as long as a test says, in the order in which it was asked for. */
function open(path = join(folder, 'listen.json')) {
	const open = { mesh: [] as readonly string[], builds: [] as readonly string[] };
	const steps: PromiseWithResolvers<void>[] = [];
	const slowly = async (act: () => void): Promise<void> => {
		const step = Promise.withResolvers<void>();
		steps.push(step);
		await step.promise;
		act();
	};
	const doors = new Doors({
		...{ path, log: new SimLog(), buildsPort: 7_432 },
		network: {
			addresses: () => ['/ip4/127.0.0.1/tcp/7431'],
			listenAlso: (all: readonly string[], unlisted: readonly string[]) =>
				slowly(() => {
					open.mesh = [...all, ...unlisted];
				}),
		} as never,
		builds: {
			listen: async (addresses: readonly { readonly host: string }[]) =>
				slowly(() => {
					open.builds = addresses.map(({ host }) => host);
				}),
		} as never,
	});
	/** Lets all that was begun end, the last first: whoever is quicker must not win. */
	const settle = async (isOver: Promise<unknown>): Promise<void> => {
		let over = false;
		void isOver.finally(() => {
			over = true;
		});
		while (!over) {
			await new Promise((resolve) => setImmediate(resolve));
			steps.pop()?.resolve();
		}
	};
	return { doors, open, settle };
}

it('keeps what a person opened while networks of containers come up', async () => {
	const { doors, open: now, settle } = open();
	await settle(
		Promise.all([doors.openBridge('172.18.0.1'), doors.listen(['192.0.2.5']), doors.openBridge('172.19.0.1')]),
	);
	expect([...now.mesh].sort()).toEqual([
		'/ip4/172.18.0.1/tcp/7431',
		'/ip4/172.19.0.1/tcp/7431',
		'/ip4/192.0.2.5/tcp/7431',
	]);
	expect(now.builds).toEqual(['127.0.0.1', '192.0.2.5']);
	expect((await readListening(join(folder, 'listen.json'))).hosts).toEqual([{ host: '192.0.2.5', port: null }]);
	rmSync(folder, { recursive: true });
});

it('does not take a file that it cannot read for one that names no address', async () => {
	const path = mkdtempSync(join(tmpdir(), 'gangline-listen-'));
	await expect(readListening(path)).rejects.toMatchObject({
		code: 'INVALID_CONFIG',
		message: expect.stringContaining(path),
	});
	expect(await readListening(join(path, 'none'))).toEqual({ v: 1, hosts: [], port: 0 });
	rmSync(path, { recursive: true });
});

it('leaves the door for builds as it is where nothing about it changes', async () => {
	const builds = createBuilds({
		...{ folder: '/nowhere', program: {} as never, log: new SimLog(), isOpen: () => true },
	});
	const here = [{ host: '127.0.0.1', port: 0 }];
	const urls = await builds.listen(here);
	expect(await builds.listen(here)).toEqual(urls);
	expect(await builds.listen([...here, { host: '127.0.0.2', port: 0 }])).toHaveLength(2);
	await builds[Symbol.asyncDispose]();
});

it('keeps as many addresses as a machine with many networks of containers has', async () => {
	const path = join(mkdtempSync(join(tmpdir(), 'gangline-listen-')), 'listen.json');
	const hosts = Array.from({ length: 40 }, (_, n) => ({ host: `172.${18 + n}.0.1`, port: null }));
	await writeListening(path, { v: 1, hosts, port: 7_431 });
	expect((await readListening(path)).hosts).toEqual(hosts);
	const texts = Array.from({ length: 300 }, (_, n) => `10.0.${n % 250}.${1 + Math.floor(n / 250)}`);
	await expect(readHosts(texts)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
	rmSync(dirname(path), { recursive: true });
});

it('takes no port that the file of the next start would not be read with', async () => {
	for (const text of ['192.0.2.5:0', '192.0.2.5:65536', '[2001:db8::5]:0']) {
		await expect(readHosts([text])).rejects.toMatchObject({
			code: 'INVALID_CONFIG',
			message: expect.stringContaining(text),
		});
	}
	expect(await readHosts(['192.0.2.5:7431'])).toEqual([{ host: '192.0.2.5', port: 7_431 }]);
});

it('are where they were when what a person wants cannot be kept', async () => {
	const file = join(mkdtempSync(join(tmpdir(), 'gangline-listen-')), 'a-file');
	writeFileSync(file, '');
	const { doors, open: now, settle } = open(join(file, 'listen.json'));
	const failed = doors.listen(['192.0.2.5']).catch(() => 'not kept');
	await settle(failed);
	expect(await failed).toBe('not kept');
	expect(now).toEqual({ mesh: [], builds: ['127.0.0.1'] });
	rmSync(dirname(file), { recursive: true });
});
