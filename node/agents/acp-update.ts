/**
 * What an agent that speaks ACP tells of its session: as much of it as is used here, read leniently. An update of a kind
 * that is not known, or one that cannot be read, says nothing.
 */
import { z } from 'zod';

const toolCall = z.object({
	sessionUpdate: z.enum(['tool_call', 'tool_call_update']),
	toolCallId: z.string(),
	title: z.string().nullish(),
	kind: z.string().nullish(),
	locations: z.array(z.object({ path: z.string() })).nullish(),
	rawInput: z.unknown().optional(),
});
export type AcpToolCall = z.output<typeof toolCall>;

const update = z.discriminatedUnion('sessionUpdate', [
	z.object({
		sessionUpdate: z.literal('agent_message_chunk'),
		content: z.union([z.object({ type: z.literal('text'), text: z.string() }), z.object({ type: z.string() })]),
		messageId: z.string().nullish(),
	}),
	toolCall,
	z.object({
		sessionUpdate: z.literal('usage_update'),
		cost: z.object({ amount: z.number(), currency: z.string() }).nullish(),
		_meta: z.unknown().optional(),
	}),
	z.looseObject({ sessionUpdate: z.literal('notice') }),
]);
export type AcpUpdate = z.output<typeof update>;

/** From the parameters of `session/update`. */
export function acpUpdate(params: unknown): AcpUpdate | null {
	const parsed = z.object({ update }).safeParse(params);
	return parsed.success ? parsed.data.update : null;
}
