/** What the gateway answers over HTTP and to members. */
import type { Handlers } from '../../shared/operations/index.ts';
import type { GatewayParts } from '../context.ts';
import { containerHandlers } from './container-handlers.ts';
import { type GatewayProcess, gatewayHandlers } from './gateway-handlers.ts';
import { notifyHandlers } from './notify-handlers.ts';
import { projectHandlers } from './project-handlers.ts';
import { registryHandlers } from './registry-handlers.ts';
import { rehomeHandlers } from './rehome-handler.ts';
import { sessionHandlers } from './session-handlers.ts';
import { tokenHandlers } from './token-handlers.ts';

export type { GatewayProcess } from './gateway-handlers.ts';
export { askProject, wakeProject } from './project-handlers.ts';
export { isLoopback } from './token-handlers.ts';

export function createHandlers(parts: GatewayParts, self: GatewayProcess): Partial<Handlers> {
	return {
		...registryHandlers(parts),
		...projectHandlers(parts),
		...rehomeHandlers(parts),
		...tokenHandlers(parts),
		...sessionHandlers(parts),
		...notifyHandlers(parts),
		...containerHandlers(parts),
		...gatewayHandlers(parts, self),
	};
}
