/** Answers who gives projects in containers what they push with. */
import type { Handlers } from '../operations/index.ts';
import type { AskedHere } from './container-handlers.ts';
import { giveIdentity, giveKey, giveToken, takeCredentials } from './give-git.ts';

type Names = `container.git${'Key' | 'Token' | 'Identity' | 'Forget'}`;

export function gitHandlers({ containers, environment, log }: AskedHere): Pick<Handlers, Names> {
	const options = { containers, environment };
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
