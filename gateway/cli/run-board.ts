/**
 * Makes links to the board. The link alone goes to stdout, so that it can be opened or sent by another program; what a
 * person should know goes to stderr.
 */
import { type BoardStatus, type Input, parseArgs, type Result } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import { clientOf, findNode, type NodeClient } from './client.ts';
import { ensureGateway } from './gateway-process.ts';
import { plainLine } from './output.ts';
import { joinOwnGateway } from './own-membership.ts';
import type { Session } from './session.ts';
import { moment } from './words.ts';

export interface LinkWish {
	readonly person: string | undefined;
	readonly minutes: number | undefined;
	readonly open: boolean;
}

/** The gateway of this machine, started or made where there is none, with this machine's node as its member. */
export async function boardGateway(session: Session): Promise<NodeClient> {
	const gateway = clientOf((await ensureGateway(session)).note, 'gateway');
	const node = await findNode(session.state, session.context.programs);
	if (node !== null) {
		const joined = await joinOwnGateway(session, { node: clientOf(node), gateway });
		if (joined !== null) session.out.message(`this machine is in the mesh as ${plainLine(joined.node.name)}`);
	} else {
		session.out.message('no node runs here, so nothing works on items: gangline start');
	}
	return gateway;
}

export async function boardLink(session: Session, { person, minutes, open }: LinkWish): Promise<number | undefined> {
	const wanted = { ...(person === undefined ? {} : { person }), ...(minutes === undefined ? {} : { minutes }) };
	// What is refused anyway makes no gateway first.
	parseArgs('session.link', wanted);
	const gateway = await boardGateway(session);
	const made = await gateway.call('session.link', wanted);
	const { out } = session;
	if (!out.json) out.message(goodFor(made));
	out.result(made, () => made.url);
	tellTrouble(session, made.board);
	return open ? openInBrowser(session, made.url) : undefined;
}

/** What a link is good for, in a line. */
export function goodFor({ person, access, expiresAt }: Result<'session.link'>): string {
	return `for one login as ${person} (${access}), until ${moment(expiresAt)}:`;
}

export function tellTrouble({ out }: Session, { trouble }: BoardStatus): void {
	if (trouble !== null && !out.json) out.message(out.paint('yellow', plainLine(trouble)));
}

async function openInBrowser({ context }: Session, url: string): Promise<undefined> {
	const code = await context.programs.run(['xdg-open', url], { env: context.env }).catch(() => 127);
	if (code === 0) return undefined;
	throw ganglineError('UNSUITABLE_MACHINE', `xdg-open could not open a browser here (exit code ${code})`, {
		hint: 'open the printed link yourself',
	});
}

export async function boardStatus(session: Session): Promise<undefined> {
	const status = await (await session.gateway()).call('board.status', {});
	session.out.result(status, () => statusLines(session, status));
	return undefined;
}

export async function openBoard(session: Session, wanted: Input<'board.open'>): Promise<undefined> {
	parseArgs('board.open', wanted);
	const opened = await (await boardGateway(session)).call('board.open', wanted);
	session.out.result(opened, () => [plainLine(opened.answer), statusLines(session, opened.board)].join('\n'));
	return undefined;
}

function statusLines({ out }: Session, status: BoardStatus): string {
	const { url, publicUrl, behindProxy, trustedProxies, lan, trouble } = status;
	const from = ['this machine', ...trustedProxies].join(', ');
	const believed = behindProxy ? `; X-Forwarded-For is believed from ${plainLine(from)}` : '';
	return [
		`this machine: ${url}`,
		publicUrl === null ? 'no reverse proxy shows it' : `through a proxy: ${publicUrl}${believed}`,
		lan.length === 0 ? 'no phone reaches it' : `in the clear, for phones nearby: ${lan.join(' ')}`,
		...(trouble === null ? [] : [out.paint('yellow', plainLine(trouble))]),
	].join('\n');
}
