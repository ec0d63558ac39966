/** Answers what is asked about this node's secrets. Values come in and never go out. */
import type { Handlers } from '../../../shared/operations/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import type { HandlerContext } from './context.ts';

type SecretHandlers = Pick<Handlers, Extract<keyof Handlers, `secret.${string}`>>;

export function secretHandlers({ secrets, clock, projects }: HandlerContext): SecretHandlers {
	return {
		'secret.set': async ({ name, value }) => {
			const changedAt = clock.now();
			secrets.set(name, value, changedAt);
			for (const project of projects()) project.judgeAgain();
			const answer = `${name} is kept on this node; name it where it is needed: secrets = ["${name}"] in a [[gate]] or an [[agent]]`;
			return { secret: { name, changedAt }, answer };
		},
		'secret.list': async () => ({ secrets: [...secrets.list()] }),
		'secret.delete': async ({ name }) => {
			if (!secrets.delete(name)) {
				throw ganglineError('NOTHING_TO_SHOW', `this node has no secret ${name}`, { hint: 'gangline secret list' });
			}
			return { name, answer: `${name} is removed from this node` };
		},
	};
}
