/** Attacks that tests of single rooms show, with what comes of them. */
import type { MeshAttack } from './hostile-mesh.ts';

const at = (file: string, title: string) => ({ kind: 'elsewhere', file, title }) as const;

export const elsewhere: readonly MeshAttack[] = [
	{
		name: 'handshakes',
		who: 'anyone who reaches the port',
		what: 'a thousand connections that hang in the handshake',
		outcome: 'they are ended; members are let in meanwhile',
		proof: at('contract/network-hostile.test.ts', 'serves members while hundreds of connections hang in the handshake'),
	},
	{
		name: 'budget',
		who: 'many strangers',
		what: 'knock all at once, and send what no protocol counts',
		outcome: 'at most 64 are in at a time, with 64 KiB each',
		proof: at('contract/network-hostile.test.ts', 'lets a bounded number of strangers in'),
	},
	{
		name: 'never-reads',
		who: 'a member',
		what: 'asks and never reads; sends and never ends',
		outcome: 'is cut off at the bound of what waits for it',
		proof: at('contract/network-hostile.test.ts', 'cuts off a member that asks and never reads the answers'),
	},
	{
		name: 'expired',
		who: 'a stranger',
		what: 'a token that expired, was revoked, or is of another mesh',
		outcome: 'is refused, with the reason',
		proof: at('unit/gateway/joining.test.ts', 'refuses what is wrong, used, expired or revoked, and says which'),
	},
	{
		name: 'wishes',
		who: 'who joins',
		what: 'more duties, projects or slots than the token gives',
		outcome: 'is refused; the token is still good',
		proof: at('e2e/gateway.test.ts', 'gives a wish no more than the token has'),
	},
	{
		name: 'build',
		who: 'who answers in the place of the gateway',
		what: 'another build than the line names',
		outcome: 'nothing of it is unpacked or run',
		proof: at('e2e/joining.test.ts', 'runs nothing of a build with another hash than the line has'),
	},
	{
		name: 'revoked-late',
		who: 'a revoked node',
		what: 'what it wanted before, brought by others after',
		outcome: 'the home refuses what it had not accepted by then',
		proof: at(
			'unit/replica/partition.test.ts',
			'refuses what a revoked node wanted and the home had not accepted by then',
		),
	},
	{
		name: 'gaps',
		who: 'a member',
		what: 'updates whose predecessor is missing, without end',
		outcome: 'none is kept; at the 65th it is cut off',
		proof: at('unit/mesh-sync/attacks.test.ts', 'is cut off for the 65th update whose predecessor is missing'),
	},
	{
		name: 'mutations',
		who: 'a member',
		what: 'any valid update with bytes changed',
		outcome: 'passes as what it is or is refused, at once; half of it is never kept',
		proof: at('unit/documents/bounded-update.test.ts', 'answers every mutation of a valid update'),
	},
	{
		name: 'large-document',
		who: 'a member',
		what: 'a large document that it offers and then keeps back',
		outcome: 'its channel ends after a minute, and the room is free again',
		proof: at('unit/mesh-sync/attacks.test.ts', 'gets its channel ended when a document that it offered stands still'),
	},
	{
		name: 'unpacks',
		who: 'a worker with a grant',
		what: 'a file, a tree or a delta that unpacks to a thousand times its size',
		outcome: 'ends at the bound, on disk and in memory',
		proof: at('unit/git/bundle.test.ts', 'that unpacks to a thousand times its size ends at the bound'),
	},
	{
		name: 'links-in-bundles',
		who: 'a worker with a grant',
		what: 'a link in the place of `.gitmodules`, a submodule whose address is a command, a name twice',
		outcome: 'is refused whole',
		proof: at('unit/git/bundle.test.ts', 'is not let in as a link in the place of .gitmodules'),
	},
	{
		name: 'holder',
		who: "another member's home",
		what: "a holder's report without the right to relay it",
		outcome: 'is refused: notAuthorised',
		proof: at(
			'unit/pipeline/relay.test.ts',
			'needs the right to relay, and a holder on another machine writes nothing itself',
		),
	},
	{
		name: 'edge-writes',
		who: 'a viewer in a browser',
		what: 'writes into a text through `/sync`',
		outcome: 'is closed with a code that says so; nothing is written',
		proof: at('contract/edge.test.ts', 'may look with a viewer’s access and is told so'),
	},
	{
		name: 'edge-poses',
		who: 'someone in a browser',
		what: 'speaks for the client of another',
		outcome: 'is not passed on',
		proof: at('contract/edge.test.ts', 'does not let one speak for the client of another'),
	},
];
