/**
 * A machine with a project, a node and a gateway that serves the board, and a browser to look at it. The bundle must be
 * built (`npm run build:web`); a test of the board begins with that, once.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions } from 'playwright-core';
import type { CallName, Input, Result } from '../../shared/operations/index.ts';
import { pause } from '../../shared/ports/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { apiFileSchema } from '../../shared/project/api-file.ts';
import { askOver } from './board.ts';
import { openBrowser, type TestBrowser, type Visitor } from './browser.ts';
import { writeFakeClis } from './fake-clis.ts';
import { testedShop } from './tested-shop.ts';
import { makeWorld, type World } from './world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Visit {
	/** Default: the owner. */
	readonly person?: string;
	/** Below the board's base. */
	readonly at?: string;
	/** Of a proxy in front of the gateway. */
	readonly port?: number;
	readonly options?: BrowserContextOptions;
}

export interface BoardWorld extends AsyncDisposable {
	readonly world: World;
	readonly browser: TestBrowser;
	/** The checkout of the project `shop`. */
	readonly shop: string;
	/** Asks the gateway as who owns the machine. */
	ask<Name extends CallName>(name: Name, input: Input<Name>): Promise<Result<Name>>;
	/** Where the board answers, as programs reach it: 127.0.0.1. */
	origin(): string;
	/** A link for one login; through another port where one is given. */
	link(person?: string, port?: number): Promise<string>;
	/** Logs a person in and shows the board. */
	visitor(visit?: Visit): Promise<Visitor>;
}

/** Builds the board where the bundle is not that of the sources; two test files that begin at once build it once. */
export function buildBoard(): void {
	const build = join(root, 'scripts/build-web.mjs');
	execFileSync('flock', [build, process.execPath, build, '--if-needed'], { cwd: root, stdio: 'pipe' });
}

export interface BoardWorldOptions {
	/** The agent `claude` works there: a small program that does what an item says after `FAKE:`. */
	readonly withAgent?: boolean;
}

/** The gateway has one port for its life: a page finds it again after a restart. What began ends where a later step fails. */
export async function boardWorld({ withAgent = false }: BoardWorldOptions = {}): Promise<BoardWorld> {
	buildBoard();
	await using begun = new AsyncDisposableStack();
	const world = begun.use(makeWorld({ GANGLINE_GATEWAY_PORT: String(await freePort()) }));
	const shop = await shopIn(world, withAgent);
	await world.ok(shop, 'start');
	await world.ok(shop, 'gateway', 'start');
	const gateway = join(world.state, 'gateway');
	await untilServed(gateway);
	const browser = begun.use(await openBrowser());
	const all = begun.move();
	const link = async (person?: string, port?: number): Promise<string> => {
		const made = await askOver(gateway, 'session.link', { ...(person !== undefined && { person }) });
		const url = new URL(made.url);
		if (port !== undefined) url.port = String(port);
		return url.href;
	};
	const origin = (): string => apiFileSchema.parse(JSON.parse(readFileSync(join(gateway, 'api.json'), 'utf8'))).url;
	return {
		...{ world, browser, shop, origin, link },
		ask: (name, input) => askOver(gateway, name, input),
		async visitor({ person, options, port, at = '' } = {}) {
			const visitor = await browser.person(options);
			const url = new URL(await link(person, port));
			url.search = at === '' ? '' : `?next=${encodeURIComponent(at)}`;
			await visitor.page.goto(url.href);
			await visitor.page.waitForURL((now) => !now.pathname.endsWith('/login'));
			return visitor;
		},
		[Symbol.asyncDispose]: () => all.disposeAsync(),
	};
}

async function shopIn(world: World, withAgent: boolean): Promise<string> {
	const shop = world.repository('shop', testedShop);
	await world.ok(shop, 'init', '--yes', '--no-input', '--no-verify', '--review', 'human', '--landing', 'local');
	if (withAgent) {
		const bin = writeFakeClis(join(world.folder, 'bin'));
		Object.assign(world.env, { PATH: `${bin}:${process.env.PATH}`, ANTHROPIC_API_KEY: 'key-of-the-test' });
		appendFileSync(join(shop, '.gangline', 'project.toml'), '\n[[agent]]\nname = "claude"\nruntime = "claude-code"\n');
		world.git(shop, 'commit', '-q', '-am', 'Let claude work here');
	}
	return shop;
}

/** The node tells the gateway of its project a moment after it has joined. */
async function untilServed(gateway: string): Promise<void> {
	const clock = new SystemClock();
	for (const end = clock.monotonic() + 60_000; ; await pause(clock, 50)) {
		const { projects } = await askOver(gateway, 'project.list', {});
		if (projects.length > 0) return;
		if (clock.monotonic() > end) throw new Error('the gateway knows no project after a minute');
	}
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}
