/** What an agent of the Agent Client Protocol says when nobody hears it any more. */
import { expect, it } from 'vitest';
import { acp } from '../../../node/agents/acp.ts';
import type { CommandInput, Conversation } from '../../../node/agents/runtime.ts';
import { projectConfigSchema } from '../../../shared/project/index.ts';
import { projectOne } from '../../support/facts.ts';

const line = { jsonrpc: '2.0', method: 'session/update', params: { sessionId: 's', update: {} } };

/** A conversation with an agent that has closed its input. */
function deaf(): { readonly talk: Conversation; readonly over: Promise<void> } {
	const { agent } = projectConfigSchema.parse({
		...{ id: projectOne, name: 'app', branch: 'main' },
		agent: [{ name: 'eve', runtime: 'acp', command: ['eve'] }],
	});
	const [eve] = agent;
	if (!eve) throw new Error('an agent is configured');
	const input: CommandInput = {
		...{ agent: eve, session: { kind: 'new', id: 'i' }, prompt: 'Do it.', description: '' },
		...{ cwd: '/work', tmp: '/tmp', isRoot: false, shellPath: '/bin/sh' },
	};
	const over = Promise.withResolvers<void>();
	const talk = acp.converse(
		{ emit: () => {}, write: () => false, endInput: over.resolve, established: async () => {} },
		input,
	);
	return { talk, over: over.promise };
}

it('takes what an agent says that has closed its input, and gives it to nobody: the node goes on', async () => {
	const { talk, over } = deaf();
	talk.begin?.();
	await over;
	// The connection is closed soon after, by its library.
	for (let turn = 0; turn < 20; turn += 1) {
		expect(talk.read(line)).toBe(true);
		await new Promise((resolve) => setImmediate(resolve));
	}
	talk.end?.();
	expect(talk.read(line)).toBe(true);
	expect(talk.read({ no: 'message' })).toBe(false);
});
