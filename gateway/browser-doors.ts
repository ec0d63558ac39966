/**
 * What stays open to a browser or tool after it was let in: documents at `/sync/` and streams of changes. Both end when
 * the login ends that opened them, or the person's rights become other ones.
 */
import { type Api, isForTunnel } from '../shared/http/index.ts';
import type { Caller } from '../shared/operations/index.ts';
import { GanglineError } from '../shared/ports/index.ts';
import type { Board } from './board/index.ts';
import type { GatewayParts } from './context.ts';
import { type DocumentServer, loggedOut, type Opened, openProjectDocument, serveDocuments } from './edge/index.ts';

/** Documents for browsers and tools, at the address of the API and for whom it lets in. */
export function makeEdge({ replicas, mesh, present, clock, log, board }: GatewayParts, api: Api): DocumentServer {
	const { pathOf } = board.site();
	const edge = serveDocuments({
		wrongOrigin: ({ headers }) => api.wrongOrigin(headers)?.message ?? null,
		pathOf,
		callerOf: async ({ headers }) => {
			try {
				return api.callerOf(headers, true);
			} catch (error) {
				if (error instanceof GanglineError && error.code !== 'FORBIDDEN') return null;
				throw error;
			}
		},
		open: async (name, caller) =>
			untilLoggedOut(board, caller, await openProjectDocument({ replicas, mesh, present }, name, caller)),
		clock,
		log,
	});
	edge.attach(api.server, isForTunnel);
	return edge;
}

/** Calls back when the caller's session ends, or the person's rights are no more what they are now. */
export function watchRights({ board, mesh }: GatewayParts, caller: Caller, tell: () => void): () => void {
	const accessNow = () => {
		const { people } = mesh.facts();
		return Object.hasOwn(people, caller.person) ? people[caller.person]?.access : undefined;
	};
	const before = accessNow();
	const stops = [
		board.sessions.onEnded((id) => {
			if (id === caller.session) tell();
		}),
		mesh.onFacts(() => {
			if (accessNow() !== before) tell();
		}),
	];
	return () => {
		for (const stop of stops) stop();
	};
}

function untilLoggedOut({ sessions }: Board, { session }: Caller, opened: Opened): Opened {
	if (opened.kind === 'refused' || session === undefined) return opened;
	return {
		...opened,
		onClosed: (tell) => {
			const stops = [
				opened.onClosed(tell),
				sessions.onEnded((id) => {
					if (id === session) tell(loggedOut);
				}),
			];
			return () => {
				for (const stop of stops) stop();
			};
		},
	};
}
