/**
 * What a hostile item may do, and what must come of it: one entry per line of the table in SECURITY.md, which a test
 * holds equal to this list. Scripts get absolute paths below the test's own temporary folder and name nothing else, so
 * that a confinement that fails harms only the test. Each lands at most the file `said/<name>.txt` and what `lands` names.
 */
export interface Attacked {
	/** The node's state folder. */
	readonly state: string;
	readonly canonical: string;
	/** The person's checkout. */
	readonly checkout: string;
	/** The person's home: a folder of the test. */
	readonly home: string;
	/** Made by whatever runs that should not have run. */
	readonly marker: string;
	readonly nodePid: number;
	readonly url: string;
	/** Sleeping for this many seconds marks processes of this test. */
	readonly sleep: string;
	readonly floodBytes: number;
}

export interface Attack {
	readonly name: string;
	readonly attack: string;
	readonly outcome: string;
	readonly script: (at: Attacked) => string;
	/** `waits`: for a person; `blocked`: it ended without a result. With the sentence that a person reads. */
	readonly end: { readonly kind: 'lands' } | { readonly kind: 'waits' | 'blocked'; readonly says: RegExp };
	/** Other paths that its own commit may have. */
	readonly lands?: readonly string[];
}

const lands = { kind: 'lands' } as const;
const waits = (says: RegExp) => ({ kind: 'waits', says }) as const;
const blocked = (says: RegExp) => ({ kind: 'blocked', says }) as const;
const q = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export const attacks: readonly Attack[] = [
	{
		name: 'refs',
		attack: '`git branch -f main`, `git update-ref refs/heads/main`, a commit with copied landing trailers',
		outcome: 'moves a branch of its own clone; main moves only by landings, and unsigned trailers count for nothing',
		end: lands,
		script: () => `git checkout -q -b evil && git commit -q --allow-empty -m "$(git log -1 --format=%B main; echo
echo Gangline-Item: 01K00000000000000000000000)"
git branch -f main HEAD; git update-ref refs/heads/main HEAD; git tag -f v1 HEAD`,
	},
	{
		name: 'push',
		attack: '`git push` to the canonical repository, whose path is in `.git/objects/info/alternates`',
		outcome: 'not found where runs are confined; refused by git (hidden refs) where they are not',
		end: lands,
		script: () => `to=$(dirname "$(head -1 .git/objects/info/alternates)"); git commit -q --allow-empty -m evil
for ref in refs/heads/main refs/gangline/attempts/x refs/heads/other; do git push -q -f "$to" HEAD:$ref && echo "pushed $ref"; done
git push -q "$to" :refs/heads/main && echo 'deleted main'`,
	},
	{
		name: 'planted',
		attack: 'hooks, `core.hooksPath`, filters, attributes, fsmonitor, editors and aliases planted in its clone',
		outcome: 'nothing of a clone is run or believed by the node',
		end: lands,
		lands: ['.gitattributes'],
		script: ({ marker }) => `mkdir -p .git/hooks .git/evil .git/info
for hook in pre-commit post-checkout post-merge reference-transaction post-index-change update pre-receive fsmonitor; do
	printf '#!/bin/sh\\ntouch %s\\n' ${q(q(marker))} > .git/hooks/$hook; chmod +x .git/hooks/$hook; cp .git/hooks/$hook .git/evil/
done
for key in core.fsmonitor core.editor core.pager core.sshCommand filter.evil.clean filter.evil.smudge diff.evil.textconv diff.external merge.evil.driver uploadpack.packObjectsHook gpg.program; do
	git config "$key" "touch ${q(marker)}"
done
git config core.hooksPath "$PWD/.git/evil"; git config alias.status "!touch ${q(marker)}"
echo '* filter=evil diff=evil merge=evil' | tee .git/info/attributes > .gitattributes`,
	},
	{
		name: 'gc',
		attack: '`git gc --prune=now`, `git repack -a -d`, deleting objects it borrows',
		outcome: 'only its own clone changes: the borrowed objects are read-only',
		end: lands,
		script: () => `shared=$(head -1 .git/objects/info/alternates); git gc -q --prune=now; git repack -a -d -q
rm -rf "$shared"/?? "$shared"/pack/* && echo 'deleted borrowed objects'; : > "$shared/x" && echo 'wrote borrowed objects'`,
	},
	{
		name: 'rm',
		attack: '`rm -rf` of the state folder, other clones, gate checkouts, the canonical repository, your checkout',
		outcome:
			'covered or read-only where runs are confined; other files of yours, such as those in your home, are deleted',
		end: lands,
		// Its own clone is in there too: what it is to land is brought out of the way first.
		script: ({ state, canonical, checkout, home }) => `cp -a . ${q(home)}/mine
chmod -R u+w ${q(state)} ${q(checkout)}
rm -rf ${[state, canonical, checkout].map((path) => `${q(path)}/* ${q(path)}/.[!.]*`).join(' ')} ../[!.]*/.git ${q(home)}/notes
cp -a ${q(home)}/mine/. .
for file in store identity.key api.json; do test -e ${q(state)}/$file && echo "saw $file" >> said/rm.txt; done
test -e ${q(checkout)}/package.json || echo 'the checkout is gone' >> said/rm.txt`,
	},
	{
		name: 'api',
		attack: 'calls the API on its port with everything that its environment holds',
		outcome: 'there is no token in it: every call is refused',
		end: lands,
		script: ({ url }) => `node -e '
const secrets = ["", ...Object.values(process.env), ...Object.keys(process.env)];
const call = async (path, init) => (await fetch(process.argv[1] + path, init).catch(() => ({ status: "none" }))).status;
const seen = new Set();
(async () => {
	for (const secret of secrets) for (const path of ["/v1/node.status", "/v1/item.approve", "/v1/node.stop"]) {
		const headers = { "content-type": "application/json", authorization: "Bearer " + secret.replace(/[^ -~]/g, "") };
		seen.add(await call(path, path.endsWith("status") ? { headers } : { method: "POST", headers, body: "{}" }));
	}
	console.log("statuses " + [...seen].sort().join(" "));
})();' ${q(url)}
env | cut -d= -f1 | grep GANGLINE_ | sort | tr '\\n' ' '`,
	},
	{
		name: 'kill',
		attack: '`kill -9` of the node',
		outcome: 'not seen where runs are confined; otherwise it dies, and goes on where it was when it is started again',
		end: lands,
		script: ({ nodePid }) => `kill -9 ${nodePid} && echo 'killed the node'`,
	},
	{
		name: 'parent',
		attack: '`kill -9` of its own parent process',
		outcome: 'the first process of a confined run cannot be killed from inside; elsewhere it ends its own run',
		end: lands,
		script: () => 'kill -9 $PPID',
	},
	{
		name: 'daemons',
		attack: 'daemons that outlive it (`setsid`, double fork, ignored signals) and a flood of processes',
		outcome: 'all of them are ended with its run, verified in the kernel',
		end: lands,
		script: ({
			sleep,
		}) => `for i in 1 2 3; do (setsid sh -c "trap '' TERM HUP; (sleep ${sleep} &) ; sleep ${sleep}" </dev/null >/dev/null 2>&1 &); done
for i in $(seq 120); do sleep ${sleep} >/dev/null 2>&1 & done`,
	},
	{
		name: 'flood',
		attack: 'output without end',
		outcome: 'its log keeps the beginning and the end; memory and disk of the node stay bounded',
		end: lands,
		script: ({ floodBytes }) =>
			`head -c ${floodBytes} /dev/zero | tr '\\0' x | fold -w 500 >&3; head -c 10000000 /dev/zero | tr '\\0' x >&3`,
	},
	{
		name: 'links',
		attack: 'symbolic links out of the tree (`/etc/passwd`, your home)',
		outcome: 'land as links, as git keeps them; nobody follows them',
		end: lands,
		lands: ['passwd', 'outside'],
		script: ({ home }) => `ln -s /etc/passwd passwd; ln -s ${q(home)} outside`,
	},
	{
		name: 'names',
		attack: 'a path with a newline, a quote or a control character',
		outcome: 'lands under exactly that name, and is shown escaped',
		end: lands,
		lands: ['new\nline.txt', `quote"'.txt`, 'bell\u0007.txt'],
		script: () => `echo x > $'new\\nline.txt'; echo x > $'quote"\\'.txt'; echo x > $'bell\\a.txt'`,
	},
	{
		name: 'nested',
		attack: 'a repository, or a file named `.git`, in a folder of its change',
		outcome: 'the repository and the `.git` are left out of the commit',
		end: lands,
		lands: ['sub/file'],
		script: ({ canonical }) =>
			`mkdir sub inner; echo "gitdir: $PWD/../.." > sub/.git; echo x > sub/file; git init -q inner; git -C inner config core.worktree ${q(canonical)}; echo x > inner/file`,
	},
	{
		name: 'tree',
		attack: 'a commit made by hand whose tree has an entry `.git` or `..`',
		outcome: 'is refused; nothing of it is kept',
		end: blocked(/twice in the same way/),
		script: () => `blob=$(echo x | git hash-object -w --stdin)
tree=$(printf '100644 ok.txt\\0%b' "$(echo $blob | sed 's/../\\\\x&/g')" | git hash-object -w -t tree --stdin --literally)
top=$(printf '40000 .git\\0%b' "$(echo $tree | sed 's/../\\\\x&/g')" | git hash-object -w -t tree --stdin --literally)
git update-ref HEAD $(git commit-tree -p HEAD -m evil $top)`,
	},
	{
		name: 'gate',
		attack: "its gate's script in `package.json` becomes `true`",
		outcome: 'waits for a person: "it changes the script test of package.json, which gate test runs"',
		end: waits(/it changes the script test of package\.json, which gate test runs/),
		script: () => `sed -i 's/"test": *"[^"]*"/"test": "true"/' package.json`,
	},
	{
		name: 'runner',
		attack: 'the test runner that the gate uses is rewritten to say that all is well',
		outcome: 'waits for a person: "it changes run-tests.mjs, which gate test runs"',
		end: waits(/it changes run-tests\.mjs, which gate test runs/),
		script: () => `printf 'console.log("  4 passing (1ms)")\\n' > run-tests.mjs`,
	},
	{
		name: 'project',
		attack: '`.gangline/project.toml` is edited',
		outcome: 'waits for a person, and is judged by the old one: "it changes .gangline/project.toml, which decides …"',
		end: waits(/it changes \.gangline\/project\.toml, which decides how changes are judged/),
		script: () => `sed -i '/^\\[\\[gate\\]\\]/,$d' .gangline/project.toml`,
	},
	{
		name: 'deleted',
		attack: 'a test is deleted',
		outcome: 'waits for a person: "it deletes the test …"',
		end: waits(/it deletes the test test\/cart\.test\.mjs/),
		script: () => 'git rm -q test/cart.test.mjs',
	},
	{
		name: 'only',
		attack: '`.only` on one test',
		outcome: 'waits for a person: "it runs 1 tests where main runs 4"',
		end: waits(/it runs 1 tests where main runs 4/),
		script: () => `sed -i "0,/test(/s//test${'.only'}(/" test/price.test.mjs`,
	},
	{
		name: 'skip',
		attack: 'a test is skipped and another one added, so that as many run as before',
		outcome: 'waits for a person: "it skips 1 tests where main skips 0"',
		end: waits(/it skips 1 tests where main skips 0/),
		script: () =>
			`sed -i "0,/test(/s//test${'.skip'}(/" test/price.test.mjs; echo "test('more', () => {});" >> test/cart.test.mjs`,
	},
	{
		name: 'exit',
		attack: '`process.exit(0)` at the top of a test',
		outcome: 'waits for a person: "main ran tests and this change runs none that can be counted"',
		end: waits(/main ran tests and this change runs none that can be counted/),
		script: () => `sed -i '1i process.exit(0);' test/cart.test.mjs`,
	},
	{
		name: 'forged',
		attack: 'a changed test prints the summary that the runner would have printed, and exits 0',
		outcome:
			'NOT noticed where review is `server`: a count is read from what tests print. Let a person review such a project',
		end: lands,
		lands: ['test/cart.test.mjs'],
		script: () => `sed -i '1i console.log("  4 passing (1ms)"); process.exit(0);' test/cart.test.mjs`,
	},
];

/** The whole script of an item: what it saw goes into the file that it lands; floods and daemons have their own way out. */
export function scriptOf(attack: Attack, at: Attacked): string {
	return `set +e +o pipefail
exec 3>&1
mkdir -p said
{
${attack.script(at)}
} > said/${attack.name}.txt 2>/dev/null
echo done >> said/${attack.name}.txt
exit 0`;
}

/** Names of attacks that come to the same where runs cannot be confined. */
export const sameUnconfined: readonly string[] = ['refs', 'push', 'planted', 'api', 'gate', 'deleted'];

/** Only where runs are not confined: main is put on a commit that no landing made. */
export function rewriteMain({ canonical }: Attacked): string {
	const git = `git --git-dir=${q(canonical)}`;
	return `${git} update-ref refs/heads/main "$(${git} commit-tree -m evil "$(${git} rev-parse 'refs/heads/main^{tree}')")"
echo x > rewrite.txt`;
}

/** The table of SECURITY.md. */
export function attackTable(): string {
	const rows = attacks.map(({ attack, outcome }) => `| ${attack} | ${outcome} |`);
	return ['| an item | and then |', '|---|---|', ...rows].join('\n');
}
