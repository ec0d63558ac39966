/**
 * `gangline leave`: this machine forgets its mesh, also where the gateway is gone for good and nobody could take it out.
 * Its own projects go on alone. Nothing is deleted: what said to which mesh it belonged is renamed, and a rename back
 * undoes it. In the registry, where there still is one, the node stays until an owner revokes it.
 */
import { rename } from 'node:fs/promises';
import { ganglineError } from '../../shared/ports/errors.ts';
import { findNode } from './client.ts';
import { isMember } from './gateway-process.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';

/** @throws GanglineError UNKNOWN_NODE where there is no mesh, REFUSED while the node runs */
export async function leave(session: Session): Promise<number | undefined> {
	const { context, state, out } = session;
	if (!(await isMember(session))) {
		throw ganglineError('UNKNOWN_NODE', 'this machine belongs to no mesh: there is nothing to leave', {
			hint: 'gangline join TOKEN joins one',
		});
	}
	if ((await findNode(state, context.programs)) !== null) {
		throw ganglineError('REFUSED', 'the node runs and speaks to its mesh', {
			hint: 'gangline stop, then gangline leave, then gangline start',
		});
	}
	const question =
		'Leave the mesh? What waits for homes on other machines stays on this disk and reaches them no more.';
	if (!(await session.confirm(question))) return 130;
	const kept = `${state.mesh}.left`;
	await rename(state.mesh, kept);
	out.result({ left: true, kept }, () =>
		[
			out.paint('green', 'this machine belongs to no mesh any more; its own projects go on alone: gangline start'),
			`  to undo it: mv '${plainLine(kept)}' '${plainLine(state.mesh)}'`,
			'  an owner who has the gateway takes it off the list: gangline node revoke <node>',
			'  into another mesh: gangline join <token>, then gangline start in each repository that is to be there',
		].join('\n'),
	);
	return undefined;
}
