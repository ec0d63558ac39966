/**
 * Why an agent that speaks ACP could not do what it was told: from the codes of the protocol, and from the kinds that
 * adapters put into an error's data. Pure; what is not known counts as a failure of the service.
 */
import { z } from 'zod';
import type { AgentEvent, SessionResult } from './agent-event.ts';

export interface AcpFailure {
	readonly failure: NonNullable<SessionResult['failure']>;
	readonly message: string;
	readonly rateLimit: Extract<AgentEvent, { kind: 'rateLimit' }> | null;
}

/** The protocol's own code for a missing login. */
const loginNeeded = -32000;

const rpcError = z.object({
	code: z.number(),
	message: z.string(),
	data: z.object({ errorKind: z.string().optional(), details: z.string().optional() }).nullish().catch(null),
});

const limitNote = z.object({
	'_claude/rateLimit': z.object({ status: z.string().optional(), resetsAt: z.number().nullish() }),
});

export function failureOfAcp(error: unknown): AcpFailure {
	const known = rpcError.safeParse(error);
	const message = error instanceof Error ? error.message : String(error);
	if (!known.success) return { failure: 'other', message: message.slice(0, 2000), rateLimit: null };
	const { code, data } = known.data;
	const words = [known.data.message, data?.details].filter(Boolean).join(': ').slice(0, 2000);
	if (code === loginNeeded || data?.errorKind === 'authentication_failed') {
		return { failure: 'login', message: words, rateLimit: null };
	}
	return { failure: data?.errorKind === 'rate_limit' ? 'rateLimit' : 'api', message: words, rateLimit: null };
}

/** A limit that an adapter tells beside what was used. */
export function rateLimitOfAcp(meta: unknown): Extract<AgentEvent, { kind: 'rateLimit' }> | null {
	const known = limitNote.safeParse(meta);
	if (!known.success) return null;
	const { status, resetsAt } = known.data['_claude/rateLimit'];
	return {
		kind: 'rateLimit',
		status: status === 'rejected' ? 'rejected' : status === 'allowed' ? 'allowed' : 'warning',
		until: resetsAt ? resetsAt * 1000 : null,
	};
}
