/** Projects in containers of this machine, made for the gateway of the mesh. `open.ts` is loaded when that asks. */
export { type Provisioning, serveProvision } from './serve.ts';
export { ViewFeed } from './view-feed.ts';
