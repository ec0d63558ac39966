/** Browsers that are logged in, each of which can be logged out from here; and a link or code for another one. */
import { useState } from 'react';
import type { Result, SessionView } from '../../../shared/operations/index.ts';
import { browserName } from '../model/browser-name.ts';
import { moment } from '../model/words.ts';
import { asError, knownOf, useAnswer, useApp, useBoardState } from '../ui/app.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Command, Failure, Loading, Time } from '../ui/pieces.tsx';
import { Table } from '../ui/table.tsx';

export function Sessions() {
	const [asked, again] = useAnswer('session.list', {});
	const sessions = knownOf(asked)?.sessions ?? null;
	const [linking, setLinking] = useState(false);
	return (
		<section className="stack">
			<div className="row">
				<h2>Logged in</h2>
				<span className="push" />
				<button type="button" className="button" onClick={() => setLinking(true)}>
					<Icon name="link" />
					Link for another browser
				</button>
			</div>
			{asked.kind === 'failed' && <Failure error={asked.error} retry={again} />}
			{sessions === null && asked.kind === 'asking' && <Loading what="the logins" />}
			{sessions?.length === 0 && <p className="soft">No browser is logged in.</p>}
			{sessions !== null && sessions.length > 0 && (
				<Table name="Each browser" heads={['Who', 'With', 'Seen', 'Until', '']}>
					{sessions.map((session) => (
						<Row key={session.id} session={session} again={again} />
					))}
				</Table>
			)}
			{linking && <LinkDialog onClose={() => setLinking(false)} />}
		</section>
	);
}

function Row({ session, again }: { readonly session: SessionView; readonly again: () => void }) {
	const { ask, notices } = useApp();
	const revoke = async (): Promise<void> => {
		try {
			notices.tell((await ask('session.revoke', { id: session.id })).answer);
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
		again();
	};
	return (
		<tr>
			<td>{session.person}</td>
			<td className="grow">
				<span title={session.browser}>{session.current ? 'this browser' : browserName(session.browser)}</span>
				<div className="faint small">{`from ${session.from}`}</div>
			</td>
			<td>
				<Time at={session.seenAt} />
			</td>
			<td>{moment(session.expiresAt)}</td>
			<td>
				{!session.current && (
					<button type="button" className="button tiny danger" onClick={() => void revoke()}>
						Log out
					</button>
				)}
			</td>
		</tr>
	);
}

function LinkDialog({ onClose }: { readonly onClose: () => void }) {
	const { ask, notices } = useApp();
	const { me } = useBoardState();
	const [made, setMade] = useState<Result<'session.link'> | null>(null);
	const hasPhone = (me?.board.lan.length ?? 0) > 0;
	const make = async (on: 'browser' | 'phone'): Promise<void> => {
		try {
			setMade(await ask('session.link', { on }));
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	return (
		<Dialog
			title="A link for one login"
			onClose={onClose}
			{...(made === null && { onConfirm: () => make('browser'), confirm: 'Make the link' })}
		>
			{made === null ? (
				<>
					<p className="soft">It logs one browser in as you, once, within ten minutes.</p>
					{hasPhone ? (
						<button type="button" className="button" onClick={() => void make('phone')}>
							For a phone nearby
						</button>
					) : (
						<p className="soft small">
							A phone does not reach this gateway yet. A code to scan, on its machine: <code>gangline phone</code>
						</p>
					)}
				</>
			) : (
				<>
					<Command line={made.url} name="link" />
					<p className="soft small">{`Good until ${moment(made.expiresAt)}. Whoever has it is ${made.person} (${made.access}).`}</p>
					{made.warning !== null && (
						<div className="banner" data-tone="needs">
							<Icon name="alert" />
							<div className="words">{made.warning}</div>
						</div>
					)}
				</>
			)}
		</Dialog>
	);
}
