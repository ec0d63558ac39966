/** The local HTTP API of one node: the operations registry on a loopback socket. */
export { type Api, type ApiOptions, createApi, type ListenOptions } from './create-api.ts';
export type { EventSource } from './event-stream.ts';
