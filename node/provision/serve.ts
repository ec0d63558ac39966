/**
 * This node makes projects in containers for the gateway of its mesh, where the registry gives it the duty `provision`.
 * Asked by the gateway alone and by names of operations alone: what a container may have is decided here, by the same
 * code as at a gateway, never by a wish in the engine's words [I13]. Nothing of it is loaded before it is asked.
 */
import type { Mesh } from '../../shared/mesh/index.ts';
import { answerOperation, type CallName, type Handlers } from '../../shared/operations/index.ts';
import { ganglineError, type Peer } from '../../shared/ports/index.ts';
import {
	provisionLogins,
	provisionMethod,
	provisionRename,
	provisionSleep,
	provisionSteps,
} from '../../shared/protocol/provision.ts';
import type { Containers } from '../../shared/provision/index.ts';
import { callerFor, gatewayOf, memberOf } from '../../shared/registry/index.ts';
import type { ViewFeed } from './view-feed.ts';

/** What is made when it is asked for the first time. */
export interface Provisioning extends AsyncDisposable {
	readonly containers: Pick<Containers, 'sleep' | 'logins' | 'rename'>;
	readonly handlers: Partial<Handlers>;
	/** The join token for the next making of that name; kept in memory alone. */
	give(name: string, token: string): void;
}

export interface ProvisionDoors {
	readonly mesh: Pick<Mesh, 'rpc' | 'facts' | 'self'>;
	readonly feed: ViewFeed;
	readonly open: () => Promise<Provisioning>;
}

/** Disposing it ends what was opened; the mesh ends its doors. */
export function serveProvision({ mesh, feed, open }: ProvisionDoors): AsyncDisposable {
	let opened: Promise<Provisioning> | null = null;
	const provisioning = async (peer: Peer): Promise<Provisioning> => {
		requireRight(mesh, peer);
		opened ??= open();
		try {
			return await opened;
		} catch (error) {
			// What was missing may be there at the next question.
			opened = null;
			throw error;
		}
	};
	mesh.rpc.serve(provisionMethod, async ({ operation, args, person, token }, peer) => {
		const { handlers, give } = await provisioning(peer);
		const caller = callerFor(mesh.facts(), peer, person);
		if (token !== null && typeof args.name === 'string') give(args.name, token);
		return jsonOf(await answerOperation<CallName>({ handlers }, { name: operation, input: args, caller }));
	});
	mesh.rpc.serve(provisionSleep, async ({ name }, peer) => ({
		container: await (await provisioning(peer)).containers.sleep(name),
	}));
	mesh.rpc.serve(provisionLogins, async ({ name }, peer) => ({
		logins: await (await provisioning(peer)).containers.logins(name),
	}));
	mesh.rpc.serve(provisionRename, async ({ name, to }, peer) => ({
		container: await (await provisioning(peer)).containers.rename(name, to),
	}));
	mesh.rpc.serveStream(provisionSteps, (_args, peer, signal) => {
		requireRight(mesh, peer);
		return feed.follow(signal);
	});
	return {
		async [Symbol.asyncDispose]() {
			await (await opened?.catch(() => null))?.[Symbol.asyncDispose]();
		},
	};
}

/** Read from the registry at each question, so a duty that is taken away is gone at once. @throws GanglineError FORBIDDEN */
function requireRight({ facts, self }: Pick<Mesh, 'facts' | 'self'>, peer: Peer): void {
	const known = facts();
	if (gatewayOf(known)?.id !== peer.node) {
		throw ganglineError('FORBIDDEN', `${peer.node} is not the gateway: nobody else has containers made here`);
	}
	const own = memberOf(known, self);
	if (own?.duties.includes('provision') === true) return;
	throw ganglineError('FORBIDDEN', `${own?.name ?? self} joined without the duty \`provision\``, {
		hint: 'it is given by a token and taken by the machine: gangline token new --provision, then there: gangline join … --provision',
	});
}

/** As JSON has it: what is undefined is not there. */
function jsonOf(result: unknown): Exclude<ReturnType<typeof JSON.parse>, undefined> {
	return JSON.parse(JSON.stringify(result ?? null));
}
