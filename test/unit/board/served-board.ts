/** A board at a real address with a tiny home behind it: a registry of three people, a clock that a test moves. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Board } from '../../../gateway/board/index.ts';
import { type Api, createApi } from '../../../shared/http/index.ts';
import { openSimStore, SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import { SystemClock, SystemRandom } from '../../../shared/ports/system/index.ts';
import { type RegistryFacts, removePerson, setPerson } from '../../../shared/registry/index.ts';
import { founded, gatewayIdentity } from '../../support/registry-facts.ts';
import { type TinyHome, tinyHome } from '../../support/tiny-home.ts';
import { writeFiles } from '../../support/world.ts';

export const page = '<html><head><base href="/"></head><body>the board</body></html>';
export const script = 'export const answer = 42;\n'.repeat(50);

export interface ServedBoard extends AsyncDisposable {
	readonly url: string;
	readonly port: number;
	readonly api: Api;
	readonly board: Board;
	readonly home: TinyHome;
	readonly log: SimLog;
	/** Of sessions and codes. */
	readonly clock: SimClock;
	/** Why the page is not served; null when it is. */
	trouble: string | null;
	remove(person: string): Promise<void>;
	/** Begins a session and answers its cookie. */
	login(person: string, headers?: Readonly<Record<string, string>>): Promise<string>;
	post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
	/** A GET with headers that fetch would not send. */
	get(path: string, headers?: Readonly<Record<string, string>>): Promise<Got>;
}

export interface Got {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly body: string;
}

export async function servedBoard(): Promise<ServedBoard> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-board-'));
	writeFiles(folder, { 'app-1a2b.js': script });
	writeFileSync(join(folder, 'app-1a2b.js.gz'), gzipSync(script));
	const clock = new SimClock();
	const random = new SystemRandom();
	const log = new SimLog();
	const store = await openSimStore();
	const { nodeId: node } = gatewayIdentity;
	let facts = people();
	const state = { trouble: null as string | null };
	const bundle = {
		assets: folder,
		state: async () =>
			state.trouble === null
				? ({ kind: 'ready', page } as const)
				: ({ kind: 'unusable', words: state.trouble, command: 'npm run build:web' } as const),
	};
	const board = await Board.open({ node, facts: () => facts, bundle, store, clock, random, log });
	const home = tinyHome();
	const api = createApi({
		...{ ...home, token: 't'.repeat(40), person: 'ada', version: '0.1.0', log, clock: new SystemClock() },
		site: board.site(),
		watch: (caller, end) => board.sessions.onEnded((id) => (id === caller.session ? end() : undefined)),
	});
	const { url } = await api.listen({ port: 0 });
	const port = Number(new URL(url).port);
	await board.begin({ port, answer: api.answer, attach: () => undefined });

	const post: ServedBoard['post'] = (path, body, headers = {}) =>
		fetch(`${url}/${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', origin: url, ...headers },
			body: JSON.stringify(body),
		});

	return {
		...{ url, port, api, board, home, log, clock },
		get trouble() {
			return state.trouble;
		},
		set trouble(words) {
			state.trouble = words;
		},
		async remove(person) {
			facts = removePerson(facts, person);
			await board.removePerson(person);
		},
		async login(person, headers) {
			const code = board.codes.make({ person, on: 'browser' }, 10, random);
			const response = await post('auth/login', { code }, headers);
			if (!response.ok) throw new Error(await response.text());
			return response.headers.get('set-cookie')?.split(';')[0] ?? '';
		},
		post,
		get: (path, headers = {}) => got(port, path, headers),
		async [Symbol.asyncDispose]() {
			await board.stop();
			await api.stop();
			await store.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function people(): RegistryFacts {
	return setPerson(setPerson(founded(), { id: 'bob', access: 'viewer' }), { id: 'ann', access: 'member' });
}

function got(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<Got> {
	return new Promise((resolve, reject) => {
		const sent = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
			let body = '';
			response.setEncoding('utf8').on('data', (text: string) => {
				body += text;
			});
			response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
		});
		sent.on('error', reject);
		sent.end();
	});
}
