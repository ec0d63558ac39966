/** The HTTP API of a process: the operations registry on a socket, whoever answers the operations. */
export { type Api, type AskedElsewhere, createApi } from './create-api.ts';
export { EventHub } from './event-hub.ts';
