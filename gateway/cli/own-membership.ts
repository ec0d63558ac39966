/**
 * The node beside a gateway becomes a member of its mesh in the same way as any other machine, with a token that is made
 * and used in one step, over loopback. A node that is a member already, of this mesh or another, is left as it is.
 */
import type { Result } from '../../shared/operations/index.ts';
import type { NodeClient } from './client.ts';
import { isMember } from './gateway-process.ts';
import type { Session } from './session.ts';

export interface Both {
	readonly node: NodeClient;
	readonly gateway: NodeClient;
}

/** What joining answered, null where nothing was to be done. */
export async function joinOwnGateway(session: Session, { node, gateway }: Both): Promise<Result<'mesh.join'> | null> {
	if (await isMember(session)) return null;
	const person = await personHere(session, gateway);
	const duties: ('home' | 'work')[] = ['home', 'work'];
	const { token } = await gateway.call('token.create', {
		duties,
		worksFor: 'any',
		person,
		uses: 1,
		minutes: 5,
		build: false,
	});
	return node.call('mesh.join', { token });
}

/** The owner who sits here: the one with our own name, otherwise the only one there is. */
async function personHere({ context }: Session, gateway: NodeClient): Promise<string | null> {
	const { people } = await gateway.call('person.list', {});
	const owners = people.filter(({ access: may }) => may === 'owner');
	const own = owners.find(({ id }) => id === context.env.USER?.toLowerCase());
	return (own ?? (owners.length === 1 ? owners[0] : undefined))?.id ?? null;
}
