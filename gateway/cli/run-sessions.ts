/** Shows and ends logins of browsers. */
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import { moment } from './words.ts';

export async function listSessions(session: Session): Promise<undefined> {
	const answer = await (await session.gateway()).call('session.list', {});
	const rows = answer.sessions.map(({ id, person, on, browser, from, seenAt, expiresAt }) => [
		id,
		plainLine(person),
		on,
		plainLine(from),
		moment(seenAt),
		moment(expiresAt),
		plainLine(browser),
	]);
	session.out.result(answer, () =>
		rows.length === 0
			? 'no browser is logged in: gangline board makes a link'
			: renderTable(session.context, session.out, {
					head: ['id', 'person', 'on', 'from', 'seen', 'until', 'browser'],
					rows,
					elastic: [6],
				}),
	);
	return undefined;
}

export async function revokeSession(session: Session, id: string): Promise<undefined> {
	const answer = await (await session.gateway()).call('session.revoke', { id });
	session.out.result(answer, () => plainLine(answer.answer));
	return undefined;
}

export async function showSelf(session: Session): Promise<undefined> {
	const answer = await (await session.gateway()).call('session.self', {});
	session.out.result(answer, () => `${answer.person} (${answer.access}) at ${plainLine(answer.gateway)}`);
	return undefined;
}
