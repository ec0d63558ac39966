import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatToken, hashSecret, type JoinToken, parseToken } from '../../../../shared/mesh/join/index.ts';
import { addressesMax } from '../../../../shared/registry/index.ts';
import { gatewayIdentity, meshId } from '../../../support/registry-facts.ts';

const token: JoinToken = {
	mesh: meshId,
	gateway: {
		node: gatewayIdentity.nodeId,
		publicKey: gatewayIdentity.publicKey,
		addresses: ['/ip4/192.0.2.7/tcp/7431', '/ip6/fd00::2/tcp/7431'],
	},
	secret: new Uint8Array(16).fill(7),
	build: 'ab'.repeat(32),
};

describe('a join token', () => {
	it('is read back as it was written, with or without a build', () => {
		expect(parseToken(formatToken(token))).toEqual(token);
		expect(parseToken(` ${formatToken({ ...token, build: null })}\n`)).toEqual({ ...token, build: null });
	});

	it('names as many addresses of a gateway with many networks as who reads it takes', () => {
		const addresses = Array.from({ length: 40 }, (_, n) => `/ip4/172.${n}.0.1/tcp/7431`);
		const many = formatToken({ ...token, gateway: { ...token.gateway, addresses } });
		expect(parseToken(many).gateway.addresses).toEqual(addresses.slice(0, addressesMax));
	});

	it('is one plain word that fits into a line', () => {
		expect(formatToken(token)).toMatch(/^gl1_[\w-]{200,280}$/);
	});

	it('says what is wrong with text that is none', () => {
		const text = formatToken(token);
		const middle = Math.floor(text.length / 2);
		const table: readonly [string, RegExp][] = [
			['', /begins with/],
			['glp_abc', /not with gl1_/],
			[text.slice(0, -3), /missing or was changed/],
			[
				`${text.slice(0, middle)}${text[middle] === 'A' ? 'B' : 'A'}${text.slice(middle + 1)}`,
				/missing or was changed/,
			],
			[`${text} and more`, /characters that no token has/],
			[`gl1_${'a'.repeat(9_000)}`, /characters/],
			['gl1_abcd', /missing or was changed/],
		];
		for (const [wrong, words] of table) {
			const thrown = expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(words) });
			expect(() => parseToken(wrong), wrong.slice(0, 20)).toThrow(thrown);
		}
	});

	it('never makes anything but an error of ours out of what is not one', () => {
		fc.assert(
			fc.property(fc.base64String({ maxLength: 600 }), (rest) => {
				const text = `gl1_${rest.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
				expect(() => parseToken(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
			}),
		);
	});

	it('has another hash for another secret', () => {
		expect(hashSecret(token.secret)).toMatch(/^[0-9a-f]{64}$/);
		expect(hashSecret(new Uint8Array(16))).not.toBe(hashSecret(token.secret));
	});
});
