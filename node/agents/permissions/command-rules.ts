/**
 * What an agent may run unasked, as data: programs that only look, programs that change files (inside the clone), the
 * tools of building and testing, and what of git stays in the clone. Whatever is not named here is asked. These rules
 * keep honest agents within their task; against a hostile one stands the confinement of processes, not this list.
 */

/** Look at files, or at nothing; every path that they are given must be readable unasked. */
export const readers: ReadonlySet<string> = new Set([
	...['ls', 'cat', 'head', 'tail', 'wc', 'grep', 'egrep', 'fgrep', 'rg', 'ag', 'sort', 'uniq', 'cut', 'diff', 'cmp'],
	...[
		'comm',
		'file',
		'stat',
		'du',
		'tree',
		'jq',
		'yq',
		'xxd',
		'od',
		'hexdump',
		'nl',
		'tac',
		'column',
		'fold',
		'strings',
	],
	...['md5sum', 'sha1sum', 'sha256sum', 'cksum', 'realpath', 'readlink', 'basename', 'dirname', 'less', 'more', 'cloc'],
	...['tsort', 'join', 'paste', 'rev', 'expand', 'zcat', 'bat', 'fd'],
]);

/** Need no file: their words are words. */
export const harmless: ReadonlySet<string> = new Set([
	...[
		'echo',
		'printf',
		'true',
		'false',
		':',
		'pwd',
		'date',
		'whoami',
		'id',
		'uname',
		'hostname',
		'nproc',
		'seq',
		'sleep',
	],
	...['which', 'type', 'tr', 'test', '[', 'expr', 'exit', 'return', 'set', 'export', 'unset', 'shift', 'read', 'wait'],
	...['ps', 'free', 'df', 'uptime', 'tty', 'getconf', 'locale', 'hash', 'jobs', 'continue', 'break', 'local', 'let'],
]);

/** Change files: every path must be one that may be changed. */
export const writers: ReadonlySet<string> = new Set([
	...[
		'mkdir',
		'touch',
		'cp',
		'mv',
		'rm',
		'rmdir',
		'ln',
		'chmod',
		'tee',
		'sed',
		'truncate',
		'install',
		'patch',
		'dos2unix',
	],
	...['split', 'unlink', 'gofmt', 'rustfmt', 'prettier', 'black', 'ruff', 'isort', 'shfmt', 'clang-format'],
]);

/** Run the project: tests, builds, scripts. What they run is the clone's own, as the gates' is. */
export const builders: ReadonlySet<string> = new Set([
	...[
		'node',
		'tsc',
		'eslint',
		'biome',
		'vitest',
		'jest',
		'mocha',
		'ava',
		'tap',
		'playwright',
		'vite',
		'webpack',
		'esbuild',
	],
	...[
		'python',
		'python3',
		'pytest',
		'mypy',
		'pyright',
		'flake8',
		'pylint',
		'tox',
		'coverage',
		'knip',
		'tsx',
		'turbo',
		'nx',
	],
	...[
		'make',
		'gmake',
		'cmake',
		'ctest',
		'ninja',
		'meson',
		'gcc',
		'g++',
		'cc',
		'clang',
		'clang++',
		'ld',
		'ar',
		'javac',
		'java',
	],
	...[
		'mvn',
		'gradle',
		'ant',
		'rustc',
		'clippy',
		'golangci-lint',
		'staticcheck',
		'dotnet',
		'ruby',
		'rake',
		'rspec',
		'rubocop',
	],
	...[
		'php',
		'phpunit',
		'perl',
		'prove',
		'lua',
		'swift',
		'zig',
		'mix',
		'elixir',
		'shellcheck',
		'hyperfine',
		'awk',
		'gawk',
		'bc',
	],
]);

/** Package managers: what installs by the lockfile or runs a script of the project; names of packages are asked. */
export const managers: Readonly<Record<string, ReadonlySet<string>>> = {
	npm: new Set([
		'test',
		't',
		'run',
		'run-script',
		'ci',
		'install',
		'i',
		'ls',
		'list',
		'start',
		'exec',
		'pkg',
		'outdated',
		'why',
	]),
	pnpm: new Set(['test', 't', 'run', 'install', 'i', 'ls', 'list', 'start', 'exec', 'build', 'lint', 'why']),
	yarn: new Set(['test', 'run', 'install', 'list', 'start', 'exec', 'build', 'lint', 'why', 'workspaces']),
	bun: new Set(['test', 'run', 'install', 'build']),
	npx: new Set(['tsc', 'eslint', 'biome', 'vitest', 'jest', 'mocha', 'prettier', 'knip', 'playwright', 'tsx', 'vite']),
	deno: new Set(['test', 'run', 'task', 'lint', 'fmt', 'check', 'bench']),
	cargo: new Set(['test', 'build', 'check', 'run', 'clippy', 'fmt', 'bench', 'doc', 'tree', 'metadata', 'nextest']),
	go: new Set(['test', 'build', 'vet', 'run', 'fmt', 'list', 'doc', 'version', 'env', 'mod', 'generate', 'tool']),
	pip: new Set(['list', 'show', 'freeze', 'check']),
	pip3: new Set(['list', 'show', 'freeze', 'check']),
	uv: new Set(['run', 'sync', 'lock', 'tree']),
	poetry: new Set(['run', 'install', 'check', 'show']),
	bundle: new Set(['exec', 'install', 'check', 'list']),
	composer: new Set(['install', 'test', 'run-script', 'validate']),
};

/** Of these a name behind the word installs something new. */
export const installing: ReadonlySet<string> = new Set(['install', 'i']);

/** Of git, what stays in this clone. The rest talks to others or changes what git itself runs. */
export const localGit: ReadonlySet<string> = new Set([
	...[
		'status',
		'diff',
		'log',
		'show',
		'add',
		'commit',
		'checkout',
		'switch',
		'restore',
		'branch',
		'stash',
		'merge',
		'rebase',
	],
	...[
		'cherry-pick',
		'reset',
		'rm',
		'mv',
		'tag',
		'blame',
		'rev-parse',
		'rev-list',
		'ls-files',
		'ls-tree',
		'grep',
		'describe',
	],
	...[
		'clean',
		'apply',
		'cat-file',
		'shortlog',
		'reflog',
		'merge-base',
		'name-rev',
		'revert',
		'whatchanged',
		'range-diff',
	],
	...[
		'diff-tree',
		'diff-index',
		'show-ref',
		'symbolic-ref',
		'for-each-ref',
		'check-ignore',
		'help',
		'version',
		'am',
		'bisect',
	],
]);

/** Options with which programs that only look, or set something, would run another program or write a file. */
export const actingOptions: Readonly<Record<string, RegExp>> = {
	rg: /^--(?:pre|hostname-bin)(?:=|$)/,
	ag: /^--pager(?:=|$)/,
	fd: /^(?:-[a-zA-Z]*[xX]|--exec)/,
	sort: /^(?:-[a-zA-Z]*[oT]|--(?:output|compress-program|temporary-directory|files0-from))/,
	tree: /^(?:-[a-zA-Z]*o|--output)/,
	bat: /^--(?:pager|config|generate)/,
	less: /^(?:\+|-[a-zA-Z]*[koO]|--(?:lesskey|log-file|LOG-FILE))/,
	more: /^\+/,
	yq: /^(?:-[a-zA-Z]*i|--in-?place|-[a-zA-Z]*s|--split)/,
	file: /^(?:-[a-zA-Z]*C|--compile)/,
	hash: /^-[a-zA-Z]*p/,
	printf: /^-v/,
	date: /^(?:-[a-zA-Z]*s|--set)/,
	diff: /^--(?:from|to)-file/,
};

/** Find names of files, or choose among them: what `xargs` may be fed with. */
export const listers: ReadonlySet<string> = new Set([
	...['find', 'fd', 'ls', 'git', 'grep', 'egrep', 'fgrep', 'rg', 'ag', 'sort', 'uniq', 'head', 'tail', 'cut', 'tr'],
	...['awk', 'gawk', 'sed', 'dirname', 'basename', 'xargs'],
]);

/** The word behind which a package manager runs another program. */
export const runners: Readonly<Record<string, string>> = {
	npm: 'exec',
	pnpm: 'exec',
	yarn: 'exec',
	poetry: 'run',
	uv: 'run',
	bundle: 'exec',
};

interface Wrapper {
	readonly skips: number;
	readonly valued: ReadonlySet<string>;
	/** Options with which it does more than run what is written behind it. */
	readonly refuses?: RegExp;
}

/** Run another command that stands behind their own words; `skips`: how many plain words of their own come first. */
export const wrappers: Readonly<Record<string, Wrapper>> = {
	timeout: { skips: 1, valued: new Set(['-s', '-k', '--signal', '--kill-after']) },
	nice: { skips: 0, valued: new Set(['-n', '--adjustment']) },
	nohup: { skips: 0, valued: new Set() },
	env: {
		...{ skips: 0, valued: new Set(['-u', '--unset']) },
		refuses: /^(?:-[a-zA-Z]*[SC]|--split-string|--chdir)/,
	},
	command: { skips: 0, valued: new Set() },
	xargs: {
		...{ skips: 0, valued: new Set(['-n', '-P', '-I', '-L', '-d', '-s', '--max-args', '--max-procs']) },
		refuses: /^(?:-a|--arg-file)/,
	},
	stdbuf: { skips: 0, valued: new Set(['-o', '-e', '-i']) },
	time: { skips: 0, valued: new Set(['-f']), refuses: /^(?:-[a-zA-Z]*[oa]|--output|--append)/ },
};

/** Read unasked besides the clone: what the system brings for everybody. */
export const systemFolders: readonly string[] = [
	'/usr',
	'/lib',
	'/lib64',
	'/opt',
	'/bin',
	'/sbin',
	'/dev/null',
	'/proc/cpuinfo',
	'/proc/meminfo',
];

/** Inside the clone, and yet not to be changed: what git and the agents' programs run or obey. */
export const keptFolders: readonly string[] = ['.git', '.gangline', '.claude', '.codex', '.husky'];

/** Variables with which a command could run something else. */
export const steeringVariable =
	/^(?:PATH|LD_.*|DYLD_.*|GIT_.*|BASH_ENV|ENV|IFS|NODE_OPTIONS|PYTHONSTARTUP|PERL5OPT|RUBYOPT|HOME)$/;
