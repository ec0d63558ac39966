/** Typed questions and streams between members. The contract is ../rpc.ts. */
export { NetworkRpc, type NetworkRpcOptions } from './network-rpc.ts';
