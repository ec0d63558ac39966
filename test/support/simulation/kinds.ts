/** What may go wrong in a run, and how agents may behave: by name, each drawn by the seed. */

/** Every kind of fault that a seed may have; each must have fired over the fixed set of seeds. */
export const faultKinds = [
	'latency',
	'lostConnections',
	'repeatedRequests',
	'oneWay',
	'partition',
	'longPartition',
	'flapping',
	'crashProcess',
	'crashMachine',
	'crashHome',
	'crashAtStep',
	'failingSync',
	'fullDisk',
	'tornWrite',
	'bitFlip',
	'oldBackup',
	'clockJump',
	'clockRate',
	'sleeper',
	'gatewayAway',
	'revocation',
	'draining',
	'sealedMove',
	'lostMove',
	'newerPeer',
	'personPushes',
	'gitFails',
	'crashInCommit',
	'homeFlip',
	'personRevoked',
	'forgery',
	'stranger',
	'crashInLanding',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** How an attempt of an agent goes. */
export const agentBehaviours = [
	'finishes',
	'conflicts',
	'fails',
	'lies',
	'liesAboutCommit',
	'hangs',
	'dies',
	'late',
	'blocks',
	'limited',
	'stacks',
	'meddles',
] as const;
/** More of them, which only seeds have that ask for them (`SeedOptions.wild`): the others stay what they are. */
export const wildBehaviours = ['parks', 'respawns', 'survives'] as const;
export type AgentBehaviour = (typeof agentBehaviours)[number] | (typeof wildBehaviours)[number];
