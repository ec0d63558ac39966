/**
 * What happens to containers on other machines, as it happens: each connected machine with the duty is asked how all are,
 * and then followed until it goes.
 */
import type { Mesh } from '../../shared/mesh/index.ts';
import { type Clock, GanglineError, type Log, type NodeId } from '../../shared/ports/index.ts';
import { provisionSteps } from '../../shared/protocol/provision.ts';
import type { MachineLine } from './machine-line.ts';
import type { There } from './there.ts';

export interface FollowOptions {
	readonly mesh: Pick<Mesh, 'rpc' | 'network' | 'onFacts'>;
	readonly line: MachineLine;
	readonly there: Pick<There, 'learn' | 'heardFrom' | 'own' | 'tellAway'>;
	readonly clock: Clock;
	readonly log: Log;
}

/** A machine that ends the stream while it is connected is asked again after this. */
const againMs = 3_000;

/** Begins; disposing what is answered ends it. */
export function followMachines(options: FollowOptions): Disposable {
	const { mesh, line } = options;
	const followed = new Map<NodeId, AbortController>();
	const review = (): void => {
		const wanted = new Set(line.linked());
		for (const [node, following] of followed) {
			if (wanted.has(node)) continue;
			followed.delete(node);
			following.abort();
			// Whoever follows a making there waits for nothing.
			options.there.tellAway(node);
		}
		for (const node of wanted) {
			if (followed.has(node)) continue;
			const following = new AbortController();
			followed.set(node, following);
			void follow(options, node, following.signal).then(() => again(node, following));
		}
	};
	const again = (node: NodeId, following: AbortController): void => {
		if (following.signal.aborted) return;
		const cancel = options.clock.after(againMs, () => {
			if (followed.get(node) === following) followed.delete(node);
			review();
		});
		following.signal.addEventListener('abort', cancel, { once: true });
	};
	const unsubscribes = [mesh.network.subscribe(review), mesh.onFacts(review)];
	review();
	return {
		[Symbol.dispose]() {
			for (const unsubscribe of unsubscribes) unsubscribe();
			for (const following of followed.values()) following.abort();
			followed.clear();
		},
	};
}

async function follow({ mesh, there, log }: FollowOptions, node: NodeId, signal: AbortSignal): Promise<void> {
	try {
		const steps = async (): Promise<void> => {
			for await (const view of mesh.rpc.askStream(node, provisionSteps, {}, { signal }))
				await there.heardFrom(node, view);
		};
		// Asked for before all are looked at, so that nothing falls between.
		await Promise.all([steps(), there.learn(node, there.own.person)]);
	} catch (error) {
		if (signal.aborted) return;
		const words = error instanceof GanglineError ? { code: error.code, why: error.message } : { error };
		log.info('machine.notFollowed', { node, ...words });
	}
}
