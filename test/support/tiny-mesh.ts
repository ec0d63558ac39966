/** What a gateway and a member of a mesh answer, as far as the command line can tell. */
import type { Handlers, MeshNodeView, MeshProjectView, PersonView, TokenView } from '../../shared/operations/index.ts';
import { tinyBoard } from './tiny-board.ts';

export const laptop: MeshNodeView = {
	id: 'n0123456789abcdef',
	name: 'laptop',
	duties: ['home', 'work'],
	status: 'member',
	person: 'ada',
	labels: [],
	self: true,
	connected: true,
	since: 0,
	version: '0.1.0',
	addresses: ['/ip4/127.0.0.1/tcp/7431'],
	links: [],
	roundTrip: null,
	slots: { used: 1, total: 2 },
	declines: null,
	worksFor: 'any',
	homeOf: ['shop'],
	qualified: [{ project: 'shop', ready: true, reason: null }],
	joinedAt: 0,
};

export const builder: MeshNodeView = {
	...laptop,
	id: 'nfedcba9876543210',
	name: 'builder',
	duties: ['work'],
	person: null,
	self: false,
	connected: false,
	since: null,
	version: null,
	homeOf: [],
	qualified: [{ project: 'shop', ready: false, reason: 'gate test failed on main: exit code 1' }],
};

const project: MeshProjectView = {
	id: '01JZ0000000000000000000SHP',
	name: 'shop',
	branch: 'main',
	home: { node: laptop.id, name: 'laptop', connected: false, since: 0 },
	term: 1,
	resultsWaiting: 7,
	changesWaiting: 1,
	words: 'home laptop away since 23:10, 7 results wait',
};

const token: TokenView = {
	id: 't3f9a',
	name: null,
	duties: ['work'],
	worksFor: 'any',
	homeFor: [],
	person: null,
	slots: null,
	usesLeft: 1,
	createdAt: 0,
	createdBy: 'ada',
	expiresAt: 0,
	state: 'open',
	joined: ['builder'],
};

const ada: PersonView = { id: 'ada', access: 'owner', nodes: ['laptop'], hasToken: false, hasEditorToken: false };

export const tinyGatewayStatus = {
	version: '0.1.0',
	runtime: 'v24',
	mesh: '01JZ000000000000000000MESH',
	node: 'naaaaaaaaaaaaaaaa',
	name: 'gateway',
	pid: 1,
	startedAt: 0,
	url: 'http://127.0.0.1:1',
	listens: ['/ip4/127.0.0.1/tcp/7431'],
	builds: ['http://127.0.0.1:7432'],
	onlyLoopback: true,
	offers: ['192.0.2.7'],
	state: '/state/gateway',
	log: '/state/gateway/gateway.log',
	nodes: { members: 2, connected: 1 },
	projects: 1,
	damage: [],
};

/** Remembers nothing: every answer is the same. */
export function tinyMesh(): Partial<Handlers> {
	const node = async () => ({ node: builder, answer: 'builder is changed' });
	const gateway = { node: 'naaaaaaaaaaaaaaaa', name: 'gateway' };
	return {
		'token.create': async () => ({
			line: "printf %s 'T=gl1_secret' | sh",
			token: 'gl1_secret_of_a_token',
			id: 't3f9a',
			expiresAt: 0,
			addresses: ['/ip4/127.0.0.1/tcp/7431'],
			offers: ['192.0.2.7'],
			warning: 'the gateway listens on loopback: only this machine itself can join',
		}),
		'token.list': async () => ({ tokens: [token] }),
		'token.revoke': async () => ({ token: { ...token, state: 'revoked' }, answer: 't3f9a is void' }),
		'mesh.join': async () => ({
			mesh: tinyGatewayStatus.mesh,
			node: laptop,
			gateway,
			already: false,
			outcomes: [
				{ address: '/ip4/192.0.2.7/tcp/7431', outcome: 'unreachable', words: 'no answer within 10 s' },
				{ address: '/ip4/127.0.0.1/tcp/7431', outcome: 'joined', words: 'joined' },
			],
			answer: 'this machine has joined the mesh',
			next: ['tasks come when the gates ran green here once'],
		}),
		'mesh.offline': async ({ offline }) => ({ offline, answer: 'done' }),
		'mesh.status': async () => ({
			mesh: tinyGatewayStatus.mesh,
			offline: false,
			gateway: { ...gateway, connected: true, since: 0, clockAheadMs: 3 },
			nodes: [laptop, builder],
			projects: [project],
			takenAt: 60_000,
		}),
		'node.list': async () => ({ nodes: [laptop, builder], takenAt: 60_000 }),
		'node.rename': node,
		'node.drain': node,
		'node.undrain': node,
		'node.revoke': node,
		'gateway.status': async () => tinyGatewayStatus,
		'gateway.stop': async () => ({ pid: 1, answer: 'stopping' }),
		'gateway.backup': async ({ path: file }) => ({ file, bytes: 1, at: 0, node: 'n', projects: [] }),
		'gateway.listen': async () => ({ listens: ['/ip4/192.0.2.7/tcp/7431'], builds: [], answer: 'it listens' }),
		'person.add': async () => ({ person: ada, added: true, answer: 'ada is in' }),
		'person.list': async () => ({ people: [ada] }),
		'person.remove': async () => ({ person: ada, answer: 'ada is out' }),
		'person.token': async () => ({ person: ada, token: 'secret' }),
		'person.revokeToken': async ({ id }) => ({ person: ada, answer: `the token of ${id} opens nothing any more` }),
		'project.rename': async () => ({ project, answer: 'it is called shop' }),
		'project.remove': async () => ({ project, answer: 'it is out' }),
		...tinyBoard(),
		'project.rehome': async () => ({ project, answer: 'it moves', next: ['gangline mesh shows it'] }),
	};
}
