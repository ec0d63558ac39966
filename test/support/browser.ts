/**
 * Debian's Chromium, driven by Playwright: pages that are watched for what a person would never see (script errors,
 * requests that failed, what the security policy had to stop) and looked at by axe. Nothing is downloaded; where
 * there is no Chromium the tests say so.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { z } from 'zod';

const executablePath = '/usr/bin/chromium';

/** Browsers are looked at only where everything is run (scripts/test --all, which installs Chromium). */
export const hasBrowser = Boolean(process.env.GANGLINE_TEST_ALL) && existsSync(executablePath);

/** Chromium is on this machine, whatever is run. */
export const isChromiumHere = (): boolean => existsSync(executablePath);

export interface TestBrowser extends AsyncDisposable {
	/** A person of their own: no cookie is shared. */
	person(options?: BrowserContextOptions): Promise<Visitor>;
}

export interface Visitor {
	readonly context: BrowserContext;
	readonly page: Page;
	/** What went wrong in its pages that nobody was shown, oldest first. */
	readonly troubles: readonly string[];
	/** The violations that axe finds on the page now, a line each. */
	axe(): Promise<readonly string[]>;
	close(): Promise<void>;
}

export async function openBrowser(): Promise<TestBrowser> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-chromium-'));
	const browser = await chromium.launch({
		executablePath,
		chromiumSandbox: false,
		args: [
			...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
			...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
		],
		env: { ...withoutUndefined(process.env), HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
	});
	return {
		async person(options = {}) {
			const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
			context.setDefaultTimeout(20_000);
			const page = await context.newPage();
			const troubles = watched(page);
			return { context, page, troubles, axe: () => axeOn(page), close: () => context.close() };
		},
		async [Symbol.asyncDispose]() {
			await browser.close();
			rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
		},
	};
}

function watched(page: Page): readonly string[] {
	const troubles: string[] = [];
	page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
	page.on('console', (message) => {
		const text = message.text();
		if (message.type() === 'error' && /Content Security Policy|Refused to/.test(text)) troubles.push(`policy: ${text}`);
	});
	return troubles;
}

const foundSchema = z.array(
	z.object({ id: z.string(), help: z.string(), nodes: z.array(z.object({ html: z.string() })) }),
);

/** Best practices too: what is right by the letter and of no use to anybody is not what we want. */
async function axeOn(page: Page): Promise<readonly string[]> {
	await page.evaluate(axe.source);
	const found = foundSchema.parse(
		await page.evaluate('axe.run(document, { resultTypes: ["violations"] }).then((result) => result.violations)'),
	);
	return found.map(
		({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
	);
}

function withoutUndefined(env: NodeJS.ProcessEnv): Record<string, string> {
	return Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
