/**
 * Logins into projects in containers for whoever is not on the container's machine: the gateway takes them from programs
 * at its address and from members of the mesh, looks in the registry whether that person may, and goes on to the node of
 * the project, which knows its own sshd. A login is all that the project's node is and has, so it takes an owner.
 */
import { type Api, serveTunnelDoor, type TunnelDoor } from '../shared/http/index.ts';
import { type OpenedTunnel, openTunnel, serveTunnels } from '../shared/mesh/tunnel/index.ts';
import { type Caller, mayAsk } from '../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../shared/ports/index.ts';
import { callerFor, findProject, isConfined, type RegistryFacts } from '../shared/registry/index.ts';
import type { GatewayParts } from './context.ts';
import { wakeProject } from './http/index.ts';

type Ground = Pick<GatewayParts, 'mesh' | 'containers' | 'machines' | 'clock' | 'log' | 'board'>;

interface Login {
	/** Id or name. */
	readonly project: string;
	readonly key: string | null;
}

/** Takes them from members and at the address of the API. */
export function serveLogins(parts: Ground, api: Api): TunnelDoor {
	const { mesh, clock, log, board } = parts;
	serveTunnels({ network: mesh.network, clock, log }, async ({ project, person, key }, peer) =>
		openLogin(parts, { project, key }, callerFor(mesh.facts(), peer, person)),
	);
	return serveTunnelDoor({
		...{ api, clock, log, isShared: true, pathOf: board.site().pathOf },
		open: (login, caller) => openLogin(parts, login, caller),
	});
}

/** @throws GanglineError FORBIDDEN, UNKNOWN_PROJECT, REFUSED where it is in no container, HOME_AWAY */
async function openLogin(parts: Ground, { project: named, key }: Login, caller: Caller): Promise<OpenedTunnel> {
	const { mesh, clock } = parts;
	requireOwner(caller);
	const project = findProject(mesh.facts(), named);
	if (project === undefined) {
		throw ganglineError('UNKNOWN_PROJECT', `no project ${JSON.stringify(named)} is known in the mesh`, {
			hint: 'gangline containers lists those that are in containers',
		});
	}
	const home = mesh.facts().nodes[project.home];
	if (!isConfined(home)) {
		throw ganglineError(
			'REFUSED',
			`${project.name} is in no container: its home is the machine ${home?.name ?? project.home}`,
			{
				hint: 'log in there by the means of that machine',
			},
		);
	}
	const isThere = (): boolean => mesh.network.links().some(({ node }) => node === project.home);
	if (!isThere()) await wakeProject(parts, project.id);
	if (!isThere()) throw away(project.name);
	const end = await openTunnel({ network: mesh.network, clock }, project.home, {
		...{ project: project.id, person: caller.person, key },
	}).catch((error: unknown) => {
		throw isThere() ? withHint(error, project.name) : away(project.name);
	});
	return { end, ...whileOwner(parts, caller) };
}

function away(name: string): GanglineError {
	return ganglineError('HOME_AWAY', `the container of ${name} is not connected`, { hint: `gangline start ${name}` });
}

function requireOwner({ access, person }: Caller): void {
	if (mayAsk(access, 'owner')) return;
	throw ganglineError('FORBIDDEN', `${person} may not log into a container: that takes an owner, ${access} is less`, {
		hint: 'whoever is inside may do all that the project’s node may; an owner can change the access: gangline person',
	});
}

/** Ends with the access that it was opened with. */
function whileOwner({ mesh }: Ground, { person }: Caller): Pick<OpenedTunnel, 'signal' | 'ended'> {
	const controller = new AbortController();
	const look = ({ people }: RegistryFacts): void => {
		const access = Object.hasOwn(people, person) ? people[person]?.access : undefined;
		if (access !== undefined && mayAsk(access, 'owner')) return;
		controller.abort(ganglineError('FORBIDDEN', `${person} is an owner no more`));
	};
	const unsubscribe = mesh.onFacts(look);
	// A container that slept was half a minute on its way, and nobody looked meanwhile.
	look(mesh.facts());
	return { signal: controller.signal, ended: unsubscribe };
}

/** A node of an older program has no such door. */
function withHint(error: unknown, name: string): unknown {
	if (!(error instanceof GanglineError) || error.code !== 'PEER_GONE') return error;
	return ganglineError('PEER_GONE', error.message, {
		hint: `if its container is older than this program: gangline rebuild ${name}`,
		cause: error,
	});
}
