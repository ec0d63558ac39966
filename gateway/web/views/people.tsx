/** Who may do what here, and who one is oneself. */
import { useState } from 'react';
import type { PersonView } from '../../../shared/operations/index.ts';
import { addressOf } from '../browser/address.ts';
import { asError, knownOf, useAnswer, useApp, useBoardState, useMay } from '../ui/app.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Failure, Loading } from '../ui/pieces.tsx';
import { Table } from '../ui/table.tsx';
import { ThemeButton } from '../ui/theme.tsx';
import { Sessions } from './sessions.tsx';

const accesses = ['viewer', 'member', 'owner'] as const;
const accessWords = { viewer: 'may look', member: 'does the work', owner: 'may do everything' };

export function PeopleView() {
	const mayList = useMay('member');
	const isOwner = useMay('owner');
	const [asked, again] = useAnswer('person.list', mayList ? {} : null);
	const people = knownOf(asked)?.people ?? null;
	return (
		<div className="view">
			<div className="view-head">
				<h1>People</h1>
			</div>
			<div className="view-body">
				<div className="stack narrow" style={{ gap: 20 }}>
					<Self />
					<Sessions />
					{asked.kind === 'failed' && <Failure error={asked.error} retry={again} />}
					{mayList && people === null && asked.kind === 'asking' && <Loading what="the people" />}
					{people && (
						<section className="stack">
							<h2>Who may do what</h2>
							<Table name="Everyone" heads={['Person', 'Access', 'Machines', ...(isOwner ? [''] : [])]}>
								{people.map((person) => (
									<Person key={person.id} person={person} isOwner={isOwner} again={again} />
								))}
							</Table>
							{isOwner && <AddPerson again={again} />}
						</section>
					)}
				</div>
			</div>
		</div>
	);
}

function Self() {
	const { me } = useBoardState();
	const { notices } = useApp();
	if (me === null) return null;
	const leave = async (): Promise<void> => {
		try {
			const answer = await fetch(addressOf('auth/logout'), { method: 'POST', credentials: 'same-origin' });
			if (answer.ok) window.location.assign(addressOf('login'));
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	return (
		<section className="panel row wrap" aria-label="You">
			<Icon name="person" />
			<strong>{me.person}</strong>
			<span className="soft">{`${me.access}: ${accessWords[me.access]}`}</span>
			<span className="push" />
			<ThemeButton />
			{me.session !== null && (
				<button type="button" className="button" onClick={() => void leave()}>
					Log out
				</button>
			)}
			{!window.isSecureContext && (
				<p className="soft small">
					You are here over plain http. Browsers copy nothing on such pages, so the copy buttons are not there; and
					whoever can listen in this network sees what you see. Both end behind https:{' '}
					<code>gangline board --public-url</code>
				</p>
			)}
		</section>
	);
}

interface PersonProps {
	readonly person: PersonView;
	readonly isOwner: boolean;
	readonly again: () => void;
}

function Person({ person, isOwner, again }: PersonProps) {
	const { ask, notices } = useApp();
	const [asks, setAsks] = useState(false);
	const run = async (what: () => Promise<{ readonly answer: string }>): Promise<void> => {
		setAsks(false);
		try {
			notices.tell((await what()).answer);
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
		again();
	};
	return (
		<tr>
			<td>{person.id}</td>
			<td>
				{isOwner ? (
					<select
						className="input fit"
						aria-label={`Access of ${person.id}`}
						value={person.access}
						onChange={(event) => {
							const access = accesses.find((one) => one === event.target.value);
							if (access) void run(() => ask('person.add', { id: person.id, access }));
						}}
					>
						{accesses.map((access) => (
							<option key={access} value={access}>{`${access}: ${accessWords[access]}`}</option>
						))}
					</select>
				) : (
					person.access
				)}
			</td>
			<td className="grow">{person.nodes.join(', ') || '–'}</td>
			{isOwner && (
				<td>
					<button type="button" className="button tiny danger" onClick={() => setAsks(true)}>
						Remove…
					</button>
					{asks && (
						<Dialog
							title={`Take every right from ${person.id}?`}
							confirm="Remove"
							danger
							onConfirm={() => void run(() => ask('person.remove', { id: person.id }))}
							onClose={() => setAsks(false)}
						>
							<p className="soft">
								Logins, tokens and wishes from machines where this person sits are refused from now on.
							</p>
						</Dialog>
					)}
				</td>
			)}
		</tr>
	);
}

function AddPerson({ again }: { readonly again: () => void }) {
	const { ask, notices } = useApp();
	const [id, setId] = useState('');
	const [access, setAccess] = useState<(typeof accesses)[number]>('member');
	const add = async (): Promise<void> => {
		try {
			notices.tell((await ask('person.add', { id, access })).answer);
			setId('');
			again();
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	return (
		<form
			className="row wrap"
			onSubmit={(event) => {
				event.preventDefault();
				void add();
			}}
		>
			<input
				className="input"
				style={{ width: 180 }}
				aria-label="Name of the person"
				placeholder="name"
				value={id}
				onChange={(event) => setId(event.target.value)}
			/>
			<select
				className="input fit"
				aria-label="Access"
				value={access}
				onChange={(event) => setAccess(accesses.find((one) => one === event.target.value) ?? 'member')}
			>
				{accesses.map((one) => (
					<option key={one} value={one}>{`${one}: ${accessWords[one]}`}</option>
				))}
			</select>
			<button type="submit" className="button" disabled={id === ''}>
				Let in
			</button>
		</form>
	);
}
