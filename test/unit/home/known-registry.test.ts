/** What a home takes the other nodes for between its start and the moment in which the registry is read. */
import { expect, it } from 'vitest';
import { memberFor } from '../../../node/compose-work.ts';
import { KnownRegistry } from '../../../node/known-registry.ts';
import { identityNo, idNo, shop, smallMesh } from '../../support/registry-facts.ts';

const identity = identityNo(2);
const standing = (registry: KnownRegistry, number: number): string =>
	memberFor({ registry, identity } as never, shop, idNo(number)).standing;

it('[I12] takes nobody for revoked before the registry is read, and forgets nothing for want of others', () => {
	const registry = new KnownRegistry({ node: identity.nodeId, name: 'laptop' });
	expect(standing(registry, 3)).toBe('gone');
	expect(registry.others(shop)).toEqual([]);
	registry.expect();
	expect(standing(registry, 2)).toBe('member');
	expect(standing(registry, 3)).toBe('draining');
	expect(registry.others(shop)).toBeNull();
	registry.set(smallMesh());
	expect(standing(registry, 3)).toBe('member');
	expect(standing(registry, 9)).toBe('gone');
	expect(registry.others(shop)).not.toEqual([]);
});
