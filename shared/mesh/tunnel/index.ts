/** Logins through the mesh: bytes of OpenSSH between a person's machine and the sshd of a project in its container. */
export { type ByteEnd, bridge, streamEnd } from './byte-end.ts';
export { sshKeySchema, type TunnelHead } from './messages.ts';
export { type OpenedTunnel, openTunnel, serveTunnels, tunnelIdleMsMax } from './tunnels.ts';
