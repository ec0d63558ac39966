import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuildDoor, openDoor, readRange } from '../../../gateway/builds/door.ts';
import { SimLog } from '../../../shared/ports/sim/sim-log.ts';

const hash = 'a'.repeat(64);
const here = { host: '127.0.0.1', port: 0 };
let folder: string;
let door: BuildDoor;
let isOpen = true;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'gangline-door-'));
	await writeFile(join(folder, `${hash}.tgz`), '0123456789');
	await writeFile(join(folder, 'kept.json'), '{}');
	await writeFile(join(folder, '..secret'), 'x');
	door = await openDoor({ folder, addresses: [here], log: new SimLog(), isOpen: () => isOpen });
});
afterAll(async () => {
	await door.close();
	await rm(folder, { recursive: true, force: true });
});

const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${door.urls[0]}${path}`, init);

describe('the door for builds', () => {
	it('gives a build whole or from where a client stopped', async () => {
		const whole = await get(`/build/${hash}.tgz`);
		expect([whole.status, await whole.text()]).toEqual([200, '0123456789']);
		const rest = await get(`/build/${hash}.tgz`, { headers: { range: 'bytes=4-' } });
		expect([rest.status, rest.headers.get('content-range'), await rest.text()]).toEqual([
			206,
			'bytes 4-9/10',
			'456789',
		]);
		const nothing = await get(`/build/${hash}.tgz`, { headers: { range: 'bytes=10-' } });
		expect([nothing.status, nothing.headers.get('content-range')]).toEqual([416, 'bytes */10']);
	});

	it('gives its size alone to HEAD', async () => {
		const head = await get(`/build/${hash}.tgz`, { method: 'HEAD' });
		expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
	});

	const nothing: readonly (readonly [string, string, string, number])[] = [
		['its front', 'GET', '/', 404],
		['the list', 'GET', '/build/', 404],
		['another file of its folder', 'GET', '/build/kept.json', 404],
		['what lies above', 'GET', '/build/../..secret', 404],
		['what lies above, encoded', 'GET', '/build/%2e%2e%2f..secret', 404],
		['a build that is not there', 'GET', `/build/${'b'.repeat(64)}.tgz`, 404],
		['a query', 'GET', `/build/${hash}.tgz?x=1`, 404],
		['the API', 'GET', '/v1/node.status', 404],
		['a change', 'POST', `/build/${hash}.tgz`, 405],
		['a deletion', 'DELETE', `/build/${hash}.tgz`, 405],
	];
	for (const [what, method, path, status] of nothing) {
		it(`[I13] has nothing for ${what}`, async () => {
			expect((await get(path, { method })).status).toBe(status);
		});
	}

	it('[I13] is shut while no token is open', async () => {
		isOpen = false;
		const shut = await get(`/build/${hash}.tgz`);
		isOpen = true;
		expect([shut.status, await shut.text()]).toEqual([410, expect.stringMatching(/no join token is open/)]);
	});

	it('hangs up on what is no HTTP', async () => {
		const { port } = new URL(door.urls[0] ?? '');
		const ended = new Promise<void>((resolve) => {
			const socket = connect(Number(port), '127.0.0.1', () => socket.write('\0\0\0not http\r\n\r\n'));
			socket.on('data', () => {});
			socket.on('error', () => resolve());
			socket.on('close', () => resolve());
		});
		await ended;
		expect((await get(`/build/${hash}.tgz`)).status).toBe(200);
	});

	it('listens at all of its addresses or at none, and says which is taken', async () => {
		const taken = { host: '127.0.0.1', port: Number(new URL(door.urls[0] ?? '').port) };
		const open = openDoor({ folder, addresses: [here, taken], log: new SimLog(), isOpen: () => true });
		await expect(open).rejects.toMatchObject({
			code: 'PORT_IN_USE',
			message: expect.stringContaining(`${taken.port}`),
		});
		const foreign = { host: '198.51.100.1', port: 0 };
		await expect(
			openDoor({ folder, addresses: [foreign], log: new SimLog(), isOpen: () => true }),
		).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
	});
});

describe('a range', () => {
	const check = (header: string | undefined, expected: readonly [number, number] | 'whole' | 'none'): void => {
		it(`${header} of ten bytes is ${expected}`, () => {
			const range = readRange(header, 10);
			expect(range === 'none' ? 'none' : range.whole ? 'whole' : [range.start, range.end]).toEqual(expected);
		});
	};
	check(undefined, 'whole');
	check('bytes=0-3', [0, 3]);
	check('bytes=4-', [4, 9]);
	check('bytes=-3', [7, 9]);
	check('bytes=-30', [0, 9]);
	check('bytes=5-100', [5, 9]);
	check('bytes=10-', 'none');
	check('bytes=7-5', 'none');
	check('bytes=-', 'whole');
	check('bytes=0-1,4-5', 'whole');
	check('items=0-1', 'whole');
});
