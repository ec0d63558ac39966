/** Answers what is asked about telling people elsewhere. */
import type { HandlersAt } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/index.ts';
import type { GatewayParts } from '../context.ts';

type Names = 'notify.status' | 'notify.set' | 'notify.test';

export function notifyHandlers({ notifier }: Pick<GatewayParts, 'notifier'>): Pick<HandlersAt<'gateway'>, Names> {
	return {
		'notify.status': async () => notifier.status,
		'notify.set': async ({ ntfy }) => {
			await notifier.change(ntfy);
			const words =
				ntfy === null ? 'nobody is told any more' : `what needs somebody is told at ${ntfy.url} from now on`;
			return { notify: notifier.status, answer: words };
		},
		'notify.test': async () => {
			if (await notifier.test()) return { answer: `a message is on its way to ${notifier.status.ntfy?.url}` };
			throw ganglineError('REFUSED', 'nobody is told anything yet', {
				hint: 'gangline notify --ntfy https://ntfy.sh/<a topic that nobody guesses>',
			});
		},
	};
}
