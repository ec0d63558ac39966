/**
 * Who looks at one document now (y-protocols' awareness). Never stored. A connection speaks for the client ids that it
 * brought first and for no other, and the person it logged in as is put into what it says, so that nobody appears as
 * somebody else. Bounded: states per connection, bytes per state.
 */
import { type GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import type { AwarenessState } from './wire.ts';

/** One connection. */
export interface Participant {
	readonly person: string;
	receive(states: readonly AwarenessState[]): void;
}

interface Known {
	readonly owner: Participant;
	readonly clock: number;
	readonly state: string;
}

/** A page has one; a tool with several tabs a few. */
const clientsPerParticipantMax = 8;
const stateCharactersMax = 4 * 1024;
const gone = 'null';

export class PresenceRoom {
	readonly #participants = new Set<Participant>();
	readonly #known = new Map<number, Known>();

	get isEmpty(): boolean {
		return this.#participants.size === 0;
	}

	join(participant: Participant): void {
		this.#participants.add(participant);
		const present = this.present();
		if (present.length > 0) participant.receive(present);
	}

	/** Its clients are gone for everyone at once. */
	leave(participant: Participant): void {
		this.#participants.delete(participant);
		const left = [...this.#known]
			.filter(([, { owner }]) => owner === participant)
			.map(([client, { clock }]) => ({ client, clock: clock + 1, state: gone }));
		for (const { client } of left) this.#known.delete(client);
		if (left.length > 0) this.#tell(left, participant);
	}

	present(): readonly AwarenessState[] {
		return [...this.#known].map(([client, { clock, state }]) => ({ client, clock, state }));
	}

	/** Takes what a participant says and passes it on. @throws GanglineError MALFORMED, TOO_LARGE */
	say(participant: Participant, states: readonly AwarenessState[]): void {
		const taken: AwarenessState[] = [];
		for (const said of states) {
			const known = this.#known.get(said.client);
			// Clients repeat what they heard of others; only its owner's word counts, and only newer ones.
			if (known && (known.owner !== participant || said.clock < known.clock)) continue;
			if (!known && said.state === gone) continue;
			const state = withPerson(said.state, participant.person);
			if (state === gone) this.#known.delete(said.client);
			else this.#known.set(said.client, { owner: participant, clock: said.clock, state });
			taken.push({ ...said, state });
		}
		const own = [...this.#known.values()].filter(({ owner }) => owner === participant).length;
		if (own > clientsPerParticipantMax) throw tooMany(own);
		if (taken.length > 0) this.#tell(taken, participant);
	}

	#tell(states: readonly AwarenessState[], except: Participant): void {
		for (const participant of this.#participants) if (participant !== except) participant.receive(states);
	}
}

/** The state with the person who is logged in; `null` stays `null`. */
function withPerson(text: string, person: string): string {
	if (text.length > stateCharactersMax) {
		throw ganglineError(
			'TOO_LARGE',
			`a presence of ${text.length} characters, at most ${stateCharactersMax} are passed on`,
		);
	}
	const value = parse(text);
	if (value === null) return gone;
	if (typeof value !== 'object' || Array.isArray(value)) {
		throw ganglineError('MALFORMED', 'a presence is an object, or null');
	}
	return JSON.stringify({ ...value, person });
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw ganglineError('MALFORMED', 'a presence is not JSON', { cause });
	}
}

const tooMany = (own: number): GanglineError =>
	ganglineError('TOO_LARGE', `${own} clients on one connection, at most ${clientsPerParticipantMax} are served`);
