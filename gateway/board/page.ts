/**
 * Pages as text: the board's own with the path that it stands below, and plain ones that need no bundle, which say what
 * is wrong and what to do. Whatever comes from outside of this file is escaped.
 */
import type { SiteReply } from '../../shared/http/index.ts';

const htmlHeaders = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } as const;

/** The board's page below `basePath`: every address in it is relative to that. */
export function boardPage(page: string, basePath: string): SiteReply {
	return html(200, page.replace(/<base href="\/" ?\/?>/, `<base href="${escaped(basePath)}">`));
}

export interface PlainPage {
	readonly status: number;
	readonly basePath: string;
	readonly title: string;
	/** A paragraph each. */
	readonly words: readonly string[];
	/** To be typed in a shell. */
	readonly command?: string;
}

/** A page that a person can act on without the board. */
export function plainPage({ status, basePath, title, words, command }: PlainPage): SiteReply {
	const paragraphs = words.map((one) => `<p>${escaped(one)}</p>`);
	const typed = command === undefined ? [] : [`<pre>${escaped(command)}</pre>`];
	return document(status, basePath, title, [`<h1>${escaped(title)}</h1>`, ...paragraphs, ...typed]);
}

/** A whole document around `body`, which is our own markup. `head` is markup too. */
export function document(
	status: number,
	basePath: string,
	title: string,
	body: readonly string[],
	head: readonly string[] = [],
): SiteReply {
	const lines = [
		'<!doctype html>',
		'<html lang="en">',
		'<head>',
		`<base href="${escaped(basePath)}">`,
		'<meta charset="utf-8">',
		'<meta name="viewport" content="width=device-width, initial-scale=1">',
		'<meta name="color-scheme" content="light dark">',
		`<title>${escaped(title)} · Gangline</title>`,
		'<link rel="icon" href="data:,">',
		'<link rel="stylesheet" href="auth/plain.css">',
		...head,
		'</head>',
		'<body>',
		'<main>',
		...body,
		'</main>',
		'</body>',
		'</html>',
		'',
	];
	return html(status, lines.join('\n'));
}

/** For text and for attribute values in double quotes. */
export function escaped(text: string): string {
	return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}

function html(status: number, body: string): SiteReply {
	return { status, headers: htmlHeaders, body };
}
