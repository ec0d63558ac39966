/** The local HTTP API of one node: the operations registry on a loopback socket. */
export { type Api, createApi } from './create-api.ts';
