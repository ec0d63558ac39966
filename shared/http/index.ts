/** The HTTP API of a process: the operations registry on a socket, whoever answers the operations. */
export { type Api, createApi, type TokenDoor } from './create-api.ts';
export { EventHub } from './event-hub.ts';
export type { EventSource, FollowedLog } from './event-stream.ts';
export type { Site, SiteReply, SiteRequest } from './site.ts';
export { isForTunnel, serveTunnelDoor, type TunnelDoor } from './tunnel-door.ts';
