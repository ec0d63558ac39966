import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../shared/operations/index.ts';
import { page, type ServedBoard, script, servedBoard } from './served-board.ts';

let served: ServedBoard;
beforeAll(async () => {
	served = await servedBoard();
});
afterAll(() => served[Symbol.asyncDispose]());

describe('the page', () => {
	it('answers every client route, never from a cache, and says what browsers must not do', async () => {
		for (const path of ['/', '/items', '/p/shop/12?tab=diff', '/p/my.app', '/login-history']) {
			const { status, headers, body } = await served.get(path);
			expect({ path, status, body }).toEqual({ path, status: 200, body: page });
			expect(headers).toMatchObject({
				'cache-control': 'no-store',
				'content-type': 'text/html; charset=utf-8',
				'x-content-type-options': 'nosniff',
				'referrer-policy': 'no-referrer',
			});
			const policy = String(headers['content-security-policy']);
			expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self' 'sha256-");
			expect(policy).toContain("frame-ancestors 'none'");
			expect(policy).toContain(`ws://127.0.0.1:${served.port}`);
			expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe/);
		}
	});

	it('is not what a file answers that is not there, nor an unknown operation', async () => {
		expect((await served.get('/robots.txt')).status).toBe(404);
		expect((await served.get('/assets/old-0000.js')).status).toBe(404);
		expect((await served.get('/auth/nothing')).status).toBe(404);
		expect((await served.get('/v1/nothing')).status).toBe(401);
		expect((await served.get('/v1')).status).toBe(401);
	});

	it('says what is wrong and what to type where the bundle is not that of the sources', async () => {
		served.trouble = 'The board was built from <other> sources.';
		const { status, body } = await served.get('/items');
		expect(status).toBe(503);
		expect(body).toContain('&#60;other&#62; sources');
		expect(body).toContain('<pre>npm run build:web</pre>');
		served.trouble = null;
		expect((await served.get('/items')).status).toBe(200);
	});

	it('is shown to who follows a link from another site; other requests from there are refused', async () => {
		const visit = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
		expect((await served.get('/items', visit)).status).toBe(200);
		expect((await served.get('/items', { ...visit, 'sec-fetch-dest': 'iframe' })).status).toBe(403);
		expect((await served.get('/auth/login.js', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
	});

	it('is refused under a foreign host name, as a page that rebinds its own name would ask', async () => {
		const { status, body } = await served.get('/', { host: `evil.example:${served.port}` });
		expect(status).toBe(403);
		expect(body).toContain('expected localhost');
		expect((await served.get('/', { host: `gangline.localhost:${served.port}` })).status).toBe(200);
	});
});

describe('an asset', () => {
	it('is kept by browsers for ever, because its name changes with its content', async () => {
		const { status, headers, body } = await served.get('/assets/app-1a2b.js');
		expect({ status, body }).toEqual({ status: 200, body: script });
		expect(headers['cache-control']).toMatch(/max-age=31536000.*immutable/);
		expect(headers['content-type']).toMatch(/javascript/);
		expect(headers['x-content-type-options']).toBe('nosniff');
	});

	it('is sent compressed to who takes it', async () => {
		const { headers } = await served.get('/assets/app-1a2b.js', { 'accept-encoding': 'gzip' });
		expect(headers['content-encoding']).toBe('gzip');
		expect(Number(headers['content-length'])).toBeLessThan(script.length / 2);
	});

	it('outside of its folder is not one', async () => {
		for (const path of ['/assets/../../package.json', '/assets/%2e%2e/%2e%2e/etc/passwd', '/assets/']) {
			expect([400, 403, 404]).toContain((await served.get(path)).status);
		}
	});
});

describe('behind a reverse proxy', () => {
	const host = 'board.example.org';
	const publicUrl = `https://${host}/gangline/`;

	it('the page stands below the path, whether the proxy takes it away or not', async () => {
		await using proxied = await servedBoard();
		await proxied.board.change({ publicUrl, behindProxy: false, lan: [] });
		const moved = page.replace('href="/"', 'href="/gangline/"');
		expect((await proxied.get('/gangline/items', { host })).body).toBe(moved);
		expect((await proxied.get('/items', { host })).body).toBe(moved);
		expect((await proxied.get('/gangline')).body).toBe(moved);
		expect((await proxied.get('/items')).body).toBe(page);
		expect((await proxied.get('/gangline/assets/app-1a2b.js', { host })).status).toBe(200);
		const authorization = `Bearer ${'t'.repeat(40)}`;
		expect((await proxied.get('/gangline/v1/project.list', { host, authorization })).status).toBe(200);
	});

	it('only the address that was named is one, and its cookies are for https', async () => {
		await using proxied = await servedBoard();
		expect((await proxied.get('/', { host })).status).toBe(403);
		await proxied.board.change({ publicUrl, behindProxy: false, lan: [] });
		const code = proxied.board.codes.make({ person: 'ann', on: 'browser' }, 10, { bytes: (n) => new Uint8Array(n) });
		const forged = await proxied.post('auth/login', { code }, { origin: `http://${host}` });
		expect(forged.status).toBe(403);
		const response = await proxied.post('auth/login', { code }, { origin: `https://${host}` });
		expect(response.headers.get('set-cookie')).toMatch(/; Path=\/gangline\/; .*HttpOnly; SameSite=Strict; Secure$/);
	});

	it('believes X-Forwarded-For only when told, and of it only the last address', async () => {
		await using proxied = await servedBoard();
		const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
		await proxied.login('ann', forwarded);
		await proxied.board.change({ publicUrl: null, behindProxy: true, lan: [] });
		await proxied.login('ann', forwarded);
		const from = proxied.board.sessions.list().map((session) => session.from);
		expect(from.sort()).toEqual(['127.0.0.1', '198.51.100.7']);
	});

	it('is not stopped by an address that is none', () => {
		const { args } = operations['board.open'];
		for (const wrong of ['https://192.168.1.500/', 'https://board.example.org:99999/']) {
			expect(args.safeParse({ publicUrl: wrong })).toMatchObject({ success: false });
		}
		expect(args.safeParse({ publicUrl }).success).toBe(true);
		for (const wrong of ['proxy.lan', '10.0.0.0/33', '2001:db8::/129', '10.0.0.1/', '']) {
			expect(args.safeParse({ trustedProxies: [wrong] })).toMatchObject({ success: false });
		}
		expect(args.safeParse({ trustedProxies: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'] }).success).toBe(true);
	});
});
