/** Who asks, as far as a proxy may say so. */
import { expect, it } from 'vitest';
import { addressOf, type BoardSettings, doorOf } from '../../../gateway/board/doors.ts';

const alone: BoardSettings = { publicUrl: null, behindProxy: false, trustedProxies: [] };
const proxied: BoardSettings = { ...alone, behindProxy: true };

function from(settings: BoardSettings, socket: string, forwarded: string): string {
	return addressOf(settings, { 'x-forwarded-for': forwarded }, socket);
}

it('believes what this machine says of who asks, and nobody who reaches the port from elsewhere', () => {
	expect(from(proxied, '127.0.0.1', '198.51.100.7')).toBe('198.51.100.7');
	expect(from(proxied, '::1', '198.51.100.7')).toBe('198.51.100.7');
	expect(from(proxied, '::ffff:127.0.0.1', '198.51.100.7')).toBe('198.51.100.7');
	for (const stranger of ['192.0.2.66', '2001:db8::66', '::ffff:192.0.2.66'])
		expect(from(proxied, stranger, '198.51.100.7')).toBe(stranger);
	expect(from(alone, '127.0.0.1', '198.51.100.7')).toBe('127.0.0.1');
});

it('believes proxies elsewhere that a person has named, one after another', () => {
	const settings = { ...proxied, trustedProxies: ['10.0.0.0/8', '2001:db8:1::/48', '192.0.2.1'] };
	expect(from(settings, '10.1.2.3', '198.51.100.7')).toBe('198.51.100.7');
	expect(from(settings, '2001:db8:1::5', '198.51.100.7')).toBe('198.51.100.7');
	expect(from(settings, '192.0.2.2', '198.51.100.7')).toBe('192.0.2.2');
	// What stands before the first address of a stranger was written by that stranger.
	expect(from(settings, '127.0.0.1', '203.0.113.9, 198.51.100.7, 10.0.0.1, 192.0.2.1')).toBe('198.51.100.7');
	expect(from(settings, '127.0.0.1', '10.0.0.2, 10.0.0.1')).toBe('10.0.0.2');
});

it('takes what is no address for a stranger, and nothing for the proxy itself', () => {
	expect(from(proxied, '127.0.0.1', '198.51.100.7, unknown')).toBe('unknown');
	expect(from(proxied, '127.0.0.1', ' , ')).toBe('127.0.0.1');
	expect(from(proxied, '127.0.0.1', 'x'.repeat(500))).toHaveLength(64);
	expect(from(proxied, '', '198.51.100.7')).toBe('');
});

it('shows the public door to who comes through the proxy, and not to who says so', () => {
	const settings = { ...proxied, publicUrl: 'https://board.example.org/gangline/' };
	const headers = { host: '127.0.0.1:7430', 'x-forwarded-for': '198.51.100.7' };
	const door = (socket: string) => doorOf(settings, { headers, url: '/items', address: socket });
	expect(door('127.0.0.1')).toEqual({ basePath: '/gangline/', isHttps: true });
	expect(door('192.0.2.66')).toEqual({ basePath: '/', isHttps: false });
});
