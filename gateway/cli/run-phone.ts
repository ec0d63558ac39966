/**
 * A login for a phone as a QR code. Where nothing but this machine reaches the board it asks before it opens anything,
 * and says what plain http in a network means.
 */
import { type BoardStatus, parseArgs, type Result } from '../../shared/operations/index.ts';
import type { NodeClient } from './client.ts';
import { plainLine } from './output.ts';
import { boardGateway, goodFor, tellTrouble } from './run-board.ts';
import type { Session } from './session.ts';

export interface PhoneWish {
	readonly listen: string | undefined;
	readonly person: string | undefined;
}

const whatOpeningMeans =
	'in plain http: whoever can listen in this network can read along, and could act as you until the session ends';

export async function phoneLink(session: Session, { listen, person }: PhoneWish): Promise<number | undefined> {
	const wanted = { on: 'phone', ...(person === undefined ? {} : { person }) } as const;
	// What is refused anyway makes no gateway first, and opens nothing.
	parseArgs('session.link', wanted);
	const gateway = await boardGateway(session);
	const { out } = session;
	if (listen !== undefined) out.message(plainLine((await open(gateway, [listen])).answer));
	else await offer(session, gateway);
	const link = await gateway.call('session.link', wanted);
	if (!out.json) out.message(goodFor(link));
	if (link.warning !== null) out.message(out.paint('yellow', plainLine(link.warning)));
	const code = out.forPeople ? await qrCode(link.url) : '';
	// Drawn with colours that are no others' words.
	if (code !== '') session.context.stdout.write(code);
	out.result(link, () => link.url);
	if (out.forPeople) out.message(`→ scan it with the phone's camera${closing(link.board)}`);
	tellTrouble(session, link.board);
	return undefined;
}

/** Asks the person at the terminal; where nobody can be asked, the refusal of the link says what to type. */
async function offer(session: Session, gateway: NodeClient): Promise<void> {
	const { publicUrl, lan, offers } = await gateway.call('board.status', {});
	const [first] = offers;
	if (publicUrl !== null || lan.length > 0 || first === undefined || !session.mayAsk || session.options.yes) return;
	if (!(await session.confirm(`No phone reaches the board. Open it at ${first}, ${whatOpeningMeans}?`))) return;
	session.out.message(plainLine((await open(gateway, [first])).answer));
}

export async function closePhones(session: Session): Promise<undefined> {
	const gateway = await session.gateway();
	const closed = await open(gateway, []);
	const { sessions } = await gateway.call('session.list', {});
	const phones = sessions.filter(({ on }) => on === 'phone');
	for (const { id } of phones) await gateway.call('session.revoke', { id });
	const words = phones.length === 0 ? 'no phone was logged in' : `logged out: ${phones.map(({ id }) => id).join(', ')}`;
	session.out.result({ ...closed, loggedOut: phones }, () => [plainLine(closed.answer), words].join('\n'));
	return undefined;
}

function open(gateway: NodeClient, lan: string[]): Promise<Result<'board.open'>> {
	return gateway.call('board.open', { lan });
}

async function qrCode(url: string): Promise<string> {
	const { toString: draw } = await import('qrcode');
	return `${await draw(url, { type: 'terminal', small: true, errorCorrectionLevel: 'L' })}\n`;
}

function closing({ lan }: BoardStatus): string {
	return lan.length === 0 ? '' : '; close it again: gangline phone --off';
}
