/** The operations registry answered by this node. */
import type { Handlers } from '../../../shared/operations/index.ts';
import type { HandlerContext } from './context.ts';
import { itemHandlers } from './items.ts';
import { nodeHandlers } from './node.ts';
import { projectHandlers } from './projects.ts';
import { secretHandlers } from './secrets.ts';
import { settingsHandlers } from './settings.ts';

export type { HandlerContext } from './context.ts';

export function createHandlers(context: HandlerContext): Partial<Handlers> {
	const items = itemHandlers(context);
	return {
		...items,
		...projectHandlers(context),
		...settingsHandlers({ ...context, add: items['item.add'] }),
		...nodeHandlers(context),
		...secretHandlers(context),
	};
}
