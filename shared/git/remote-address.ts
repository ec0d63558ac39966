/** Addresses of remotes as people see them: without credentials, and as a page where a change can be proposed. Pure. */

/** Takes user names, passwords and tokens out of every address in a text. */
export function redact(text: string): string {
	return text.replace(/:\/\/[^/\s@]*@/g, '://');
}

/** Hosts whose kind their name does not tell (a company's own GitLab) get no link rather than a wrong one. */
const kinds: readonly (readonly [RegExp, (path: string, branch: string, base: string) => string])[] = [
	[/(^|\.)github\./, (path, branch, base) => `${path}/compare/${base}...${branch}?expand=1`],
	[
		/(^|\.)gitlab\./,
		(path, branch, base) =>
			`${path}/-/merge_requests/new?merge_request%5Bsource_branch%5D=${escapeAll(branch)}&merge_request%5Btarget_branch%5D=${escapeAll(base)}`,
	],
	[/(^|\.)(gitea|forgejo|codeberg)\./, (path, branch, base) => `${path}/compare/${base}...${branch}`],
	[
		/(^|\.)bitbucket\.org$/,
		(path, branch, base) => `${path}/pull-requests/new?source=${escapeAll(branch)}&dest=${escapeAll(base)}`,
	],
];

/** The page on which `branch` can be proposed for `base`; null for a host that is not known, or a path. */
export function compareLink(remoteUrl: string, branch: string, base: string): string | null {
	const [, , host, path] =
		/^(?:https?|git):\/\/([^/@]*@)?([^/:]+(?::\d+)?)\/(.+?)(?:\.git)?\/?$/.exec(remoteUrl) ??
		/^ssh:\/\/([^/@]*@)?([^/:]+)(?::\d+)?\/(.+?)(?:\.git)?\/?$/.exec(remoteUrl) ??
		/^([^/@\s]+@)?([^/:\s]+):(?!\/\/)(.+?)(?:\.git)?\/?$/.exec(remoteUrl) ??
		[];
	if (host === undefined || path === undefined) return null;
	const name = host
		.replace(/:\d+$/, '')
		.replace(/^ssh\.(github|gitlab)\.com$/, '$1.com')
		.replace('altssh.', '');
	const kind = kinds.find(([pattern]) => pattern.test(name))?.[1];
	if (kind === undefined) return null;
	const page = /^https?:/.test(remoteUrl) ? host : name;
	return `https://${page}/${kind(escapeParts(path), escapeParts(branch), escapeParts(base))}`;
}

function escapeParts(path: string): string {
	return path.split('/').map(encode).join('/');
}

function escapeAll(name: string): string {
	return encode(name);
}

/** Half of a surrogate pair has no bytes. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());
