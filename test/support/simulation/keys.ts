/** Key pairs by name: they cost a millisecond each, and nothing of a run depends on which they are. */
import { type Identity, identityOf } from '../../../shared/log/index.ts';
import { SimRandom } from '../../../shared/ports/sim/index.ts';

const identities = new Map<string, Identity>();

export function identityNamed(name: string): Identity {
	const known = identities.get(name) ?? identityOf(new SimRandom(`key ${name}`).bytes(32));
	identities.set(name, known);
	return known;
}
