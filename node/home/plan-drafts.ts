/** What the home's own loops say: intents by the system or the scheduler, named after who says them. */
import type { Item } from '../../shared/pipeline/index.ts';
import type { Draft } from './home.ts';

export function draftOf(by: Draft['by'], item: Pick<Item, 'key'>, event: string, args: Draft['args'] = {}): Draft {
	return { by, who: by, item: item.key, event, args };
}
