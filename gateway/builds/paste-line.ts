/**
 * The one line that a person pastes on another machine. It needs sh, curl, tar and sha256sum; it runs nothing of what it
 * fetched before the hash agrees; a line that was cut off while pasting does nothing, because its quote never ends.
 *
 * The secret is in no program's arguments: `printf` is built into every shell, hands the script to `sh` through a pipe,
 * and there hands the token to `gangline join` in the same way. (What other users of a machine can see are arguments.)
 */
import { assert } from '../../shared/ports/errors.ts';
import type { Build } from './builds.ts';

export interface PasteLine {
	readonly token: string;
	readonly build: Build;
	/** Base URLs of the door, in the order in which they are tried. */
	readonly urls: readonly string[];
	/** What the machine says when it joins: options of `gangline join`. */
	readonly options?: readonly string[];
}

/** Where the dynamic loader of the GNU C library lies: a build needs it, and musl has another. */
const loaders = {
	x86_64: '/lib64/ld-linux-x86-64.so.2',
	aarch64: '/lib/ld-linux-aarch64.so.1',
	armv7l: '/lib/ld-linux-armhf.so.3',
} as const;

export function pasteLine(parts: PasteLine): string {
	const { token, build, urls, options = [] } = parts;
	assert(/^[A-Za-z0-9._:~-]+$/.test(token), 'a token is one plain word of a shell');
	assert(/^[0-9a-f]{64}$/.test(build.sha256), 'a hash is 64 hex digits');
	assert(
		urls.every((url) => /^http:\/\/[0-9a-fA-F.:[\]]+$/.test(url)),
		'an address of the door is a plain URL',
	);
	assert(
		options.every((option) => /^--[a-z-]+$/.test(option)),
		'an option is one plain word of a shell',
	);
	const script = [
		'set -eu',
		'umask 077',
		'no() { echo "gangline: $1" >&2; echo "-> $2" >&2; exit 5; }',
		...machineChecks(build),
		`H=${build.sha256}`,
		`B="\${XDG_DATA_HOME:-$HOME/.local/share}/gangline/builds"`,
		'D="$B/$H"',
		`if [ ! -x "$D/gangline" ]; then mkdir -p "$B"`,
		...fetching(parts),
		...unpacking,
		'fi',
		`T=${token}`,
		`printf %s "$T" | "$D/gangline" join ${['-', ...options].join(' ')}`,
	].join('; ');
	assert(!script.includes("'"), 'the script stands between single quotes');
	return `printf %s '${script}' | sh`;
}

function machineChecks({ machine }: Build): readonly string[] {
	const other = `"this machine is $(uname -s) $(uname -m), the build of this gateway is for Linux ${machine}"`;
	const libc = '"this machine lacks the GNU C library that the build needs (Alpine has another)"';
	return [
		`[ "$(uname -s) $(uname -m)" = "Linux ${machine}" ] || no ${other} "install Gangline itself there, then: gangline join"`,
		`[ -e ${loaders[machine]} ] || no ${libc} "use a machine or container with Debian, Ubuntu, Fedora or the like"`,
		'for c in curl tar gzip sha256sum git; do command -v "$c" >/dev/null || no "$c is not installed" "install it, then paste the line again"; done',
	];
}

/** Goes on where an earlier attempt, or another address, stopped. Loopback is of use only where there is nothing else. */
function fetching({ build, urls }: PasteLine): readonly string[] {
	const elsewhere = urls.filter((url) => !url.startsWith('http://127.'));
	const from = (elsewhere.length > 0 ? elsewhere : urls).map((url) => `"${url}"`).join(' ');
	const fetch = 'curl -gfsS --connect-timeout 10 -C - -o "$B/$H.part" "$u/build/$H.tgz"';
	return [
		`for u in ${from}; do echo "fetching $u/build/$H.tgz (${megabytes(build.bytes)} MB)" >&2; ${fetch} && break || :; done`,
		'[ -s "$B/$H.part" ] || no "the build could not be fetched from any address" "is the token still open, and can this machine reach the gateway? gangline gateway status there says where it listens"',
	];
}

/** The check comes first; what has the wrong hash is thrown away unopened. */
const unpacking: readonly string[] = [
	'echo "$H  $B/$H.part" | sha256sum -c >/dev/null 2>&1 || { rm -f "$B/$H.part"; no "what was fetched is not the build that the line names, and nothing of it was run" "paste the line again; if that does not help, something between here and the gateway changes what it sends"; }',
	'rm -rf "$D.new"',
	'mkdir "$D.new"',
	'tar -xzf "$B/$H.part" -C "$D.new"',
	'rm -rf "$D"',
	'mv "$D.new" "$D"',
	'rm -f "$B/$H.part"',
];

function megabytes(bytes: number): number {
	return Math.max(1, Math.round(bytes / 1e6));
}
