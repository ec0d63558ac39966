/**
 * What the board may cost a browser before anything is shown: bytes (as gzip sends them, the worse of the two that are
 * served) and requests. The build fails above it; a test holds the same numbers against a real browser.
 */
export const firstLoadBytesMax = 180_000;
export const firstLoadRequestsMax = 8;

/** The files that the page itself names: scripts, preloaded modules, styles. */
export function firstLoadOf(page, sizes) {
	const named = [...page.matchAll(/(?:src|href)="(?:\.\/|\/)?([^"#:]+)"/g)].map(([, name]) => name);
	const files = ['index.html', ...new Set(named.filter((name) => Object.hasOwn(sizes, name)))];
	return { files, bytes: files.reduce((sum, name) => sum + (sizes[name] ?? 0), 0) };
}

/** Null within the budget, otherwise what is too much and what to do. */
export function overBudget({ files, bytes }) {
	if (bytes > firstLoadBytesMax) {
		return `the first load has ${bytes} bytes compressed, at most ${firstLoadBytesMax} are allowed: load what only some views need when they open (${files.join(', ')})`;
	}
	if (files.length > firstLoadRequestsMax) {
		return `the first load asks for ${files.length} files, at most ${firstLoadRequestsMax} are allowed: ${files.join(', ')}`;
	}
	return null;
}
