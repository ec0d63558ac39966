/** Answers who gives projects in containers what they push with. */
import type { Handlers } from '../../shared/operations/index.ts';
import type { GatewayParts } from '../context.ts';
import { giveIdentity, giveKey, giveToken, takeCredentials } from '../provision/index.ts';

type Names = `container.git${'Key' | 'Token' | 'Identity' | 'Forget'}`;

export function gitHandlers({ containers, config, log }: GatewayParts): Pick<Handlers, Names> {
	const options = { containers, environment: config.environment };
	const told = (what: string, name: string): void => log.info('container.git', { what, name });
	return {
		'container.gitKey': async (args) => {
			const answer = await giveKey(options, args);
			told(`key ${answer.state}`, args.name);
			return answer;
		},
		'container.gitToken': async (args) => {
			told('token', args.name);
			return giveToken(options, args);
		},
		'container.gitIdentity': (args) => giveIdentity(options, args),
		'container.gitForget': async (args) => {
			told('forget', args.name);
			return takeCredentials(options, args);
		},
	};
}
