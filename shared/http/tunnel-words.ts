/** What client and door of `gangline ssh --stdio` call it; by itself, because the client loads nothing else of a server. */

/** The protocol that a request asks to be upgraded to. */
export const tunnelUpgrade = 'gangline-ssh';
/** Names the public key with which the person comes. */
export const tunnelKeyHeader = 'gangline-ssh-key';
