/**
 * A program named `gh` that speaks the command line that is used of the real one: `pr create` prints the address of the
 * new request, fails with gh's own words when there is one for that branch already, and `pr view BRANCH --json url --jq
 * .url` prints it. What it was asked is kept in the folder, so that a test can read it.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const script = (folder: string, slug: string): string => `#!/bin/sh
here='${folder.replaceAll("'", "'\\''")}'
printf '%s\\n' "$*" >> "$here/asked"
address() { echo "https://github.com/${slug}/pull/$(grep -nxF "$1" "$here/requests" | cut -d: -f1)"; }
[ "$1" = pr ] || { echo "unknown command \\"$1\\" for \\"gh\\"" >&2; exit 1; }
case "$2" in
create)
	shift 2
	while [ $# -gt 0 ]; do
		case "$1" in
		--head) head=$2 ;;
		--base) base=$2 ;;
		--title) title=$2 ;;
		--body) body=$2 ;;
		*) echo "unknown flag: $1" >&2; exit 1 ;;
		esac
		shift 2
	done
	[ -n "$head" ] && [ -n "$base" ] && [ -n "$title" ] && [ -n "$body" ] || { echo 'must provide --title and --body' >&2; exit 1; }
	git ls-remote --exit-code --heads origin "$head" > /dev/null || { echo 'pull request create failed: Head ref must be a branch' >&2; exit 1; }
	if grep -qxF "$head" "$here/requests"; then
		echo "a pull request for branch \\"$head\\" into branch \\"$base\\" already exists:" >&2
		address "$head" >&2
		exit 1
	fi
	echo "$head" >> "$here/requests"
	address "$head" ;;
view)
	[ "$4 $5 $6 $7" = '--json url --jq .url' ] || { echo 'unknown flag' >&2; exit 1; }
	grep -qxF "$3" "$here/requests" || { echo "no pull requests found for branch \\"$3\\"" >&2; exit 1; }
	address "$3" ;;
*) echo "unknown command \\"$2\\" for \\"gh pr\\"" >&2; exit 1 ;;
esac
`;

export interface FakeGh {
	/** To be put in front of PATH. */
	readonly folder: string;
	/** The command lines so far. */
	asked(): readonly string[];
}

/** Writes the program for the repository `slug` (`owner/name`) into `folder`. */
export function writeFakeGh(folder: string, slug: string): FakeGh {
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, 'requests'), '');
	writeFileSync(join(folder, 'gh'), script(folder, slug));
	chmodSync(join(folder, 'gh'), 0o755);
	const file = join(folder, 'asked');
	return { folder, asked: () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []) };
}
