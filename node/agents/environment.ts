/**
 * The whole environment of what we run, from lists of what may pass. Pure. Never a list of what may not: an agent or a
 * gate gets nothing of the node's own (state folder, ports, tokens), a gate nothing of an agent's login, and what is
 * new tomorrow stays out by itself.
 */

/** Needed to find programs, files, caches, registries and the way out of the house; no secrets by their meaning. */
const passed: readonly string[] = [
	...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ'],
	...['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME'],
	...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'],
	...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'GIT_SSL_CAINFO'],
	...['NVM_DIR', 'VOLTA_HOME', 'FNM_DIR', 'PNPM_HOME', 'BUN_INSTALL', 'DENO_DIR', 'COREPACK_HOME'],
	...[
		'npm_config_cache',
		'npm_config_registry',
		'NPM_CONFIG_REGISTRY',
		'NPM_CONFIG_USERCONFIG',
		'npm_config_userconfig',
	],
	...[
		'PYENV_ROOT',
		'PYENV_VERSION',
		'PIP_INDEX_URL',
		'PIP_CACHE_DIR',
		'UV_CACHE_DIR',
		'UV_INDEX_URL',
		'POETRY_HOME',
		'CONDA_PREFIX',
	],
	...['GOPATH', 'GOROOT', 'GOCACHE', 'GOMODCACHE', 'GOPROXY', 'GONOSUMDB', 'GOPRIVATE', 'GOFLAGS', 'GOTOOLCHAIN'],
	...[
		'CARGO_HOME',
		'RUSTUP_HOME',
		'RUSTUP_TOOLCHAIN',
		'JAVA_HOME',
		'MAVEN_HOME',
		'M2_HOME',
		'GRADLE_HOME',
		'GRADLE_USER_HOME',
	],
	...[
		'ANDROID_HOME',
		'RBENV_ROOT',
		'GEM_HOME',
		'GEM_PATH',
		'BUNDLE_PATH',
		'COMPOSER_HOME',
		'DOTNET_ROOT',
		'NUGET_PACKAGES',
	],
	...[
		'ASDF_DIR',
		'ASDF_DATA_DIR',
		'MISE_DATA_DIR',
		'HOMEBREW_PREFIX',
		'NIX_PATH',
		'NIX_SSL_CERT_FILE',
		'LOCALE_ARCHIVE',
	],
];

/** Ports that one clone may listen on: `base` and the following nine. */
export const portsPerClone = 10;

/** Where the variables come from of whatever this machine runs for its projects. */
export interface PersonEnvironment {
	/** The person's own environment, from which what is listed passes. */
	readonly own: Readonly<Record<string, string>>;
	/** What the project's container was made to give all that works in it: passes whole, but for what is ours to set. */
	readonly given: Readonly<Record<string, string>>;
}

export interface RunPlace {
	readonly person: PersonEnvironment;
	/** A folder of this clone's own. */
	readonly tmp: string;
	readonly portBase: number;
}

export interface AgentIdentity {
	readonly name: string;
	readonly email: string;
}

/**
 * What an agent gets. `credentials` names the variables that its own program needs to log in, and those that the
 * project names for it; none of them replaces what is ours to set.
 */
export function agentEnvironment(
	place: RunPlace & { readonly author: AgentIdentity; readonly credentials: readonly string[] },
): Readonly<Record<string, string>> {
	return { ...common(place), ...pick(place.person.own, place.credentials), ...ours(place), ...identity(place.author) };
}

/** What set-up commands and gates get: no login of an agent, and the word that they run by themselves. */
export function gateEnvironment(place: RunPlace): Readonly<Record<string, string>> {
	return { ...common(place), CI: '1' };
}

function common(place: RunPlace): Record<string, string> {
	const { person } = place;
	const locale = Object.keys(person.own).filter((name) => /^LC_[A-Z]+$/.test(name));
	return {
		PATH: '/usr/local/bin:/usr/bin:/bin',
		LANG: 'C.UTF-8',
		...pick(person.own, [...passed, ...locale]),
		...person.given,
		...ours(place),
	};
}

/** What nobody else sets. */
function ours({ tmp, portBase }: RunPlace): Record<string, string> {
	return {
		TERM: 'dumb',
		TMPDIR: tmp,
		GANGLINE_PORT_BASE: String(portBase),
		PORT: String(portBase),
		// Nobody is there to answer a question or to close an editor.
		GIT_TERMINAL_PROMPT: '0',
		GIT_EDITOR: 'true',
	};
}

function identity({ name, email }: AgentIdentity): Record<string, string> {
	return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}

function pick(from: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
	const found: Record<string, string> = {};
	for (const name of names) if (from[name] !== undefined) found[name] = from[name];
	return found;
}
