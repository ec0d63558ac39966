/**
 * The mesh as answers show it: what the registry says of a node, together with what the one who is asked sees of it now
 * (connected or not, since when). Derived on read. Times are wall ms since 1970.
 */
import { z } from 'zod';
import type { NodeDuty, NodeStatus } from '../registry/facts.ts';
import { accessSchema } from './define.ts';
import { atSchema } from './item-views.ts';
import { labelSchema, nodeNameSchema, personIdSchema, projectNameSchema } from './references.ts';

const duties = ['gateway', 'home', 'work', 'provision'] as const satisfies readonly NodeDuty[];
const nodeStatuses = ['member', 'draining', 'revoked'] as const satisfies readonly NodeStatus[];

/** What a token can give; a gateway makes itself. */
export const givenDuties = ['home', 'work', 'provision'] as const;

/** What a token gives, and what a node asks for when it joins with one: never more than the token has. */
export const membershipFields = {
	name: nodeNameSchema.describe('What the node is called; default: its own host name, made unique'),
	duties: z
		.array(z.enum(givenDuties))
		.max(3)
		.describe(
			'`work`: takes tasks. `home`: may own projects. `provision`: makes projects in containers there; given by the token, and only to a node that says so itself',
		),
	worksFor: z
		.union([z.literal('any'), z.array(projectNameSchema).max(100)])
		.describe('For which projects it may take tasks'),
	homeFor: z.array(projectNameSchema).max(100).describe('Projects that are to live there; gives the duty `home`'),
	person: personIdSchema
		.nullable()
		.describe('Who sits there and whose wishes it may send; null for a machine without a person'),
	provision: z.boolean().describe('It makes projects in containers there when the gateway asks it to'),
	slots: z.int().min(0).max(64).describe('Items worked on at once; 0 takes none'),
	labels: z.array(labelSchema).max(50).describe('Tasks that ask for labels go to nodes that have them'),
};

/** One node for people: `qualified` of a project says whether its set-up and gates ran green there on main. */
export const meshNodeViewSchema = z.object({
	id: z.string(),
	name: z.string(),
	duties: z.array(z.enum(duties)),
	status: z.enum(nodeStatuses),
	person: z.string().nullable(),
	labels: z.array(z.string()),
	self: z.boolean().describe('The node that answers'),
	connected: z.boolean().describe('Reachable now by the one who was asked'),
	since: atSchema.nullable().describe('When it was connected, or was last seen; null: never'),
	version: z.string().nullable().describe('Null where it is not connected'),
	addresses: z.array(z.string()),
	links: z.array(z.string()).describe('Names of the nodes that it is connected with, as far as known'),
	roundTrip: z
		.object({ ms: z.number(), at: atSchema.describe('When it was measured') })
		.nullable()
		.default(null)
		.describe('How long an answer of the gateway takes to it; null: not known, or not connected'),
	slots: z.object({ used: z.int().nullable(), total: z.int() }),
	declines: z.string().nullable().describe('Why it takes nothing now; null while it does'),
	worksFor: z.union([z.literal('any'), z.array(z.string())]).describe("Projects' names"),
	homeOf: z.array(z.string()).describe("Projects' names"),
	qualified: z.array(
		z.object({
			project: z.string(),
			ready: z.boolean(),
			reason: z.string().nullable().describe('Why not yet; null where it is'),
		}),
	),
	joinedAt: atSchema,
});
export type MeshNodeView = z.output<typeof meshNodeViewSchema>;

/** A project as the mesh knows it; `words` is such as `home laptop away since 23:10, 7 results wait`. */
export const meshProjectViewSchema = z.object({
	id: z.string(),
	name: z.string(),
	branch: z.string(),
	home: z.object({ node: z.string(), name: z.string(), connected: z.boolean(), since: atSchema.nullable() }),
	term: z.int(),
	resultsWaiting: z.int().describe('Results of workers that the home has not settled, as far as known here'),
	changesWaiting: z.int().describe('Wishes of people that the home has not answered, as far as known here'),
	words: z.string().nullable().describe('What is out of the ordinary; null where nothing is'),
});
export type MeshProjectView = z.output<typeof meshProjectViewSchema>;

export const tokenViewSchema = z.object({
	id: z.string().describe('Names the token in `token revoke`; is no secret'),
	name: z.string().nullable(),
	duties: z.array(z.enum(givenDuties)),
	worksFor: z.union([z.literal('any'), z.array(z.string())]),
	homeFor: z.array(z.string()),
	person: z.string().nullable(),
	slots: z.int().nullable(),
	usesLeft: z.int(),
	createdAt: atSchema,
	createdBy: z.string(),
	expiresAt: atSchema,
	state: z.enum(['open', 'used', 'expired', 'revoked']),
	joined: z.array(z.string()).describe('Names of the nodes that came in with it'),
});
export type TokenView = z.output<typeof tokenViewSchema>;

export const personViewSchema = z.object({
	id: z.string(),
	access: accessSchema,
	nodes: z.array(z.string()).describe('Names of the nodes where this person sits'),
	hasToken: z.boolean().describe('Whether a token for the HTTP API was made'),
	hasEditorToken: z.boolean().describe('Whether a token for the tools of an editor alone was made'),
});
export type PersonView = z.output<typeof personViewSchema>;

/** What came of one address that was tried. */
export const addressOutcomeSchema = z.object({
	address: z.string(),
	outcome: z.enum(['joined', 'reached', 'unreachable', 'wrongNode', 'refused', 'notTried']),
	words: z.string().describe('The same in a sentence, with the reason'),
});
export type AddressOutcome = z.output<typeof addressOutcomeSchema>;
