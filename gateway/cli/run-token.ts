/**
 * Makes join tokens. `token new` writes the line and nothing else to stdout, so that it can go through a pipe to another
 * machine; everything that a person should know goes to stderr.
 */
import { type Input, parseArgs, type Result, type TokenView } from '../../shared/operations/index.ts';
import { clientOf, findNode, type NodeClient } from './client.ts';
import { ensureGateway, hasGateway, isMember } from './gateway-process.ts';
import { plainLine } from './output.ts';
import { joinOwnGateway } from './own-membership.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import { count, moment } from './words.ts';

/** Starts the gateway where none runs, makes this machine's node a member, and prints the line. */
export async function newToken(
	session: Session,
	{ provision, ...wanted }: Input<'token.create'> & { readonly provision?: true },
): Promise<undefined> {
	const { out } = session;
	const duties = wanted.duties ?? defaultDuties(wanted);
	const given = { ...wanted, duties: provision === true ? [...duties, 'provision' as const] : duties };
	// What is refused anyway makes no gateway first.
	parseArgs('token.create', given);
	const gateway = await gatewayForTokens(session);
	if (gateway.who === 'gateway') await joinOwnNode(session, gateway);
	await offerToListen(session, gateway);
	out.message('packing this program for machines that join (some seconds the first time) …');
	const made = await gateway.call('token.create', given);
	if (!out.json) {
		out.message(`paste this line into a shell of the other machine; ${goodFor(made, given)}:\n`);
	}
	out.result(made, () => made.line);
	if (made.warning !== null) {
		out.message(`\n${out.paint('yellow', plainLine(made.warning))}`);
		out.message(listenHint(made.offers));
	} else if (out.forPeople) {
		out.message('\n→ or without copying: gangline token new | ssh <machine> sh');
	}
	return undefined;
}

/** The gateway of this machine, made where there is none; that of the mesh where this machine belongs to one. */
async function gatewayForTokens(session: Session): Promise<NodeClient> {
	if (!(await hasGateway(session)) && (await isMember(session))) return session.gateway();
	return clientOf((await ensureGateway(session)).note, 'gateway');
}

/** A machine for which a person or a project was named need not work for others. */
function defaultDuties({ person, homeFor }: Input<'token.create'>): 'work'[] {
	return person === undefined && (homeFor ?? []).length === 0 ? ['work'] : [];
}

async function joinOwnNode(session: Session, gateway: NodeClient): Promise<void> {
	const node = await findNode(session.state, session.context.programs);
	if (node === null) return;
	const joined = await joinOwnGateway(session, { node: clientOf(node), gateway });
	if (joined !== null) session.out.message(`this machine is in the mesh as ${plainLine(joined.node.name)}`);
}

/** Asks the person at the terminal; where nobody can be asked, the token's own warning says it. */
async function offerToListen(session: Session, gateway: NodeClient): Promise<void> {
	const { onlyLoopback, offers } = await gateway.call('gateway.status', {});
	const [first] = offers;
	if (!onlyLoopback || first === undefined || !session.mayAsk || session.options.yes) return;
	const question = `The gateway listens on this machine alone. Listen at ${first} too, so that others can join (${whatOpeningMeans})?`;
	if (!(await session.confirm(question))) return;
	const listening = await gateway.call('gateway.listen', { addresses: [first] });
	session.out.message(plainLine(listening.answer));
}

const whatOpeningMeans = 'only machines with a token or a key get in; the board and its API stay on this machine';

function listenHint(offers: readonly string[]): string {
	const lines = offers.slice(0, 4).map((address) => `  gangline gateway listen ${plainLine(address)}`);
	return lines.length === 0
		? '→ this machine has no other address: connect it to a network, then: gangline gateway listen <address>'
		: [`→ to let others reach it (${whatOpeningMeans}), then make the token anew:`, ...lines].join('\n');
}

function goodFor(made: Result<'token.create'>, wanted: Input<'token.create'>): string {
	const machines = count(wanted.uses ?? 1, 'machine');
	return `good for ${machines} until ${moment(made.expiresAt)}; ${whatItMayDo(wanted)}`;
}

function whatItMayDo({ duties = [], worksFor = 'any', homeFor = [], person }: Input<'token.create'>): string {
	const parts = [
		...(duties.includes('work') ? [`takes tasks of ${worksFor === 'any' ? 'any project' : worksFor.join(', ')}`] : []),
		...(homeFor.length > 0 ? [`is to be the home of ${homeFor.join(', ')}`] : []),
		...(duties.includes('provision') ? ['makes projects in containers there'] : []),
		...(typeof person === 'string' ? [`speaks for ${person}`] : []),
	];
	return parts.length === 0 ? 'it may look on' : `it ${parts.join(', ')}`;
}

export async function listTokens(session: Session): Promise<undefined> {
	const answer = await (await session.gateway()).call('token.list', {});
	const rows = answer.tokens.map((token) => [
		token.id,
		token.state,
		token.state === 'open' ? `${token.usesLeft}, until ${moment(token.expiresAt)}` : '',
		plainLine(givenWords(token)),
		plainLine(token.joined.join(', ')),
		`${moment(token.createdAt)} by ${plainLine(token.createdBy)}`,
	]);
	session.out.result(answer, () =>
		rows.length === 0
			? 'no tokens: gangline token new makes one'
			: renderTable(session.context, session.out, {
					head: ['id', 'state', 'uses left', 'gives', 'joined with it', 'made'],
					rows,
					elastic: [3, 4],
				}),
	);
	return undefined;
}

function givenWords({ duties, worksFor, homeFor, person }: TokenView): string {
	const works = duties.includes('work') ? [`work for ${worksFor === 'any' ? 'any' : worksFor.join(', ')}`] : [];
	const homes = homeFor.length > 0 ? [`home for ${homeFor.join(', ')}`] : duties.includes('home') ? ['home'] : [];
	const containers = duties.includes('provision') ? ['containers'] : [];
	return [...works, ...homes, ...containers, ...(person === null ? [] : [`person ${person}`])].join('; ');
}

export async function revokeToken(session: Session, id: string): Promise<undefined> {
	const answer = await (await session.gateway()).call('token.revoke', { id });
	session.out.result(answer, () => plainLine(answer.answer));
	return undefined;
}
