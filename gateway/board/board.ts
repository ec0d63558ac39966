/**
 * The board as the gateway serves it: the bundle's page at every path of its own, logins that turn a one-time code into
 * a session, and where it can be reached. It decides who a browser is and nothing about what one may do.
 */
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Site, SiteReply, SiteRequest } from '../../shared/http/index.ts';
import type { Caller } from '../../shared/operations/index.ts';
import {
	type Clock,
	GanglineError,
	ganglineError,
	type Log,
	type Random,
	type Store,
} from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import { Turns } from '../../shared/ports/turns.ts';
import type { RegistryFacts } from '../../shared/registry/index.ts';
import type { Bundle } from './bundle.ts';
import { cookieName, secretIn, setCookie } from './cookie.ts';
import { addressOf, doorOf, withoutBase } from './doors.ts';
import { LanDoor } from './lan-door.ts';
import { LoginCodes } from './login-codes.ts';
import { loginPage, plainFile } from './login-page.ts';
import { boardPage, plainPage } from './page.ts';
import { securityHeaders } from './security-headers.ts';
import { type SessionRecord, Sessions, sessionDays } from './sessions.ts';
import { readSettings, type StoredSettings, writeSettings } from './settings.ts';
import { Tries } from './tries.ts';

export interface BoardOptions {
	/** The gateway's id. */
	readonly node: string;
	readonly facts: () => RegistryFacts;
	readonly bundle: Bundle;
	readonly store: Store;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
}

/** The server that the board is part of, known when it listens. */
export interface BoardServer {
	readonly port: number;
	readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
	readonly attach: (server: Server) => void;
}

/** Of the board's doors and what is kept of them. */
const move = 'move';
const loginSchema = z.object({ code: z.string().min(1).max(200) });
const secondsOfSession = sessionDays * 24 * 60 * 60;
/** What has a dot in its last part is a file that is not there, except below a project, whose name may have one. */
const clientRoute = /^\/(?:p\/.+|(?:[^?#]*\/)?[^./?#]*)$/;
const notRoutes = /^\/(?:v1|sync|assets|auth)(?:\/|$)/;

export class Board {
	readonly sessions: Sessions;
	readonly codes: LoginCodes;
	readonly #options: BoardOptions;
	readonly #tries: Tries;
	readonly #cookie: string;
	#settings: StoredSettings;
	/** Two who move doors or change settings at once would undo each other's. */
	readonly #turns = new Turns();
	#door: LanDoor | null = null;
	#port = 0;

	static async open(options: BoardOptions): Promise<Board> {
		const { store, clock, log } = options;
		return new Board(options, await Sessions.open(store, clock, log), await readSettings(store));
	}

	private constructor(options: BoardOptions, sessions: Sessions, settings: StoredSettings) {
		this.#options = options;
		this.#settings = settings;
		this.sessions = sessions;
		this.codes = new LoginCodes(options.clock);
		this.#tries = new Tries(options.clock);
		this.#cookie = cookieName(options.node);
	}

	get settings(): StoredSettings {
		return this.#settings;
	}

	/** Where phones nearby reach it in the clear. */
	get lanOrigins(): readonly string[] {
		return this.#door?.origins ?? [];
	}

	/** A name of this machine whose cookies no other program on it gets: browsers do not tell ports of one host apart. */
	get localOrigin(): string {
		return `http://gangline.localhost:${this.#port}`;
	}

	/** Where a person who is told of something finds it, base path included, without a slash at its end. */
	get addressForPeople(): string {
		const { publicUrl } = this.#settings;
		return (publicUrl ?? this.lanOrigins[0] ?? this.localOrigin).replace(/\/$/, '');
	}

	/** Null when the page can be served, otherwise why not and what to type. */
	async trouble(): Promise<string | null> {
		const state = await this.#options.bundle.state();
		return state.kind === 'ready' ? null : [state.words, state.command ?? ''].join(' ').trim();
	}

	/** The server listens: opens the doors that a person had opened. One that this machine has lost keeps nothing shut. */
	begin(server: BoardServer): Promise<void> {
		return this.#turns.run(move, () => this.#begin(server));
	}

	async #begin(server: BoardServer): Promise<void> {
		const door = new LanDoor(server);
		this.#door = door;
		this.#port = server.port;
		const usable: string[] = [];
		for (const host of this.#settings.lan) {
			try {
				await door.listen([...usable, host]);
				usable.push(host);
			} catch (error) {
				if (!(error instanceof GanglineError)) throw error;
				this.#options.log.warn('board.doorShut', { host, why: error.message });
			}
		}
	}

	/**
	 * From now on so; what is not named stays. A list of addresses, though it says the same, opens those that this machine
	 * had lost when the gateway began. @throws GanglineError PORT_IN_USE, INVALID_CONFIG, STORE_FAILED, and nothing has changed
	 */
	change(wanted: Partial<StoredSettings>): Promise<void> {
		return this.#turns.run(move, () => this.#change(wanted));
	}

	async #change(wanted: Partial<StoredSettings>): Promise<void> {
		const settings = { ...this.#settings, ...wanted };
		const before = this.#door?.hosts ?? [];
		if (wanted.lan !== undefined) await this.#door?.listen(wanted.lan);
		try {
			await writeSettings(this.#options.store, settings);
		} catch (error) {
			// Nobody would know of a door that stays open, nor would a restart close it.
			await this.#door?.listen(before);
			throw error;
		}
		this.#settings = settings;
		this.#options.log.info('board.settings', { ...settings });
	}

	/** The person has no rights any more: no session, no code. */
	async removePerson(person: string): Promise<void> {
		this.codes.forget(person);
		await this.sessions.removePerson(person);
	}

	/** The session that a request shows, with who it is now; null for none, or a person who is gone. */
	callerOf(headers: IncomingHttpHeaders): Caller | null {
		const session = this.#sessionOf(headers);
		const { people } = this.#options.facts();
		const person = session !== null && Object.hasOwn(people, session.person) ? people[session.person] : undefined;
		return session === null || person === undefined
			? null
			: { person: person.id, access: person.access, session: session.id };
	}

	stop(): Promise<void> {
		return this.#turns.run(move, async () => this.#door?.listen([]));
	}

	site(): Site {
		return {
			origins: () => this.#origins(),
			pathOf: (url) => withoutBase(this.#settings, url),
			callerOf: (headers) => this.callerOf(headers),
			assets: this.#options.bundle.assets,
			headers: ({ host = '' }) => securityHeaders(host),
			answer: (request) => this.#answer(request),
		};
	}

	#origins(): readonly string[] {
		const { publicUrl } = this.#settings;
		return [...(publicUrl === null ? [] : [new URL(publicUrl).origin]), ...this.lanOrigins];
	}

	async #answer(request: SiteRequest): Promise<SiteReply | null> {
		const { method, path } = request;
		if (method === 'POST' && path === '/auth/login') return this.#login(request);
		if (method === 'POST' && path === '/auth/logout') return this.#logout(request);
		if (method !== 'GET') return null;
		const { basePath } = doorOf(this.#settings, request);
		if (path === '/login') return loginPage(basePath);
		const file = plainFile(path);
		if (file !== null) return file;
		return clientRoute.test(path) && !notRoutes.test(path) ? this.#page(basePath) : null;
	}

	async #page(basePath: string): Promise<SiteReply> {
		const state = await this.#options.bundle.state();
		if (state.kind === 'ready') return boardPage(state.page, basePath);
		const title = 'The board cannot be shown';
		if (state.command === null) return plainPage({ status: 503, basePath, title, words: [state.words] });
		const words = [state.words, 'On the machine of the gateway, type this, then reload this page:'];
		return plainPage({ status: 503, basePath, title, words, command: state.command });
	}

	async #login(request: SiteRequest): Promise<SiteReply> {
		const { headers, body, address } = request;
		refuseWithoutOrigin(headers);
		const from = addressOf(this.#settings, headers, address);
		const refused = this.#tries.refusal(from);
		if (refused !== null) throw refused;
		const parsed = readAs(loginSchema, body);
		const login = parsed.success ? this.codes.take(parsed.data.code) : null;
		if (login === null || !Object.hasOwn(this.#options.facts().people, login.person)) {
			this.#tries.failed(from);
			this.#options.log.warn('session.refused', { from });
			throw ganglineError(
				'UNAUTHENTICATED',
				'this link is no longer good: each is for one login, within some minutes',
				{
					hint: 'make a new one on the machine of the gateway: gangline board',
				},
			);
		}
		const browser = headers['user-agent'] ?? '';
		const secret = await this.sessions.begin(login, { browser, from }, this.#options.random);
		const cookie = setCookie(this.#cookie, secret, doorOf(this.#settings, request), secondsOfSession);
		return reply(200, { person: login.person }, { 'set-cookie': cookie });
	}

	async #logout(request: SiteRequest): Promise<SiteReply> {
		const { headers } = request;
		refuseWithoutOrigin(headers);
		const session = this.#sessionOf(headers);
		if (session !== null) await this.sessions.revoke(session);
		const cookie = setCookie(this.#cookie, '', doorOf(this.#settings, request), 0);
		return reply(200, { loggedOut: session !== null }, { 'set-cookie': cookie });
	}

	#sessionOf({ cookie }: IncomingHttpHeaders): SessionRecord | null {
		const secret = secretIn(cookie, this.#cookie);
		return secret === null ? null : this.sessions.find(secret);
	}
}

/** Every browser names its page in a POST; what does not is a form of another time or a program without business here. */
function refuseWithoutOrigin({ origin }: IncomingHttpHeaders): void {
	if (origin !== undefined) return;
	throw ganglineError('WRONG_ORIGIN', 'a login names no Origin: expected the page at login');
}

function reply(status: number, body: object, headers: Readonly<Record<string, string>>): SiteReply {
	return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
