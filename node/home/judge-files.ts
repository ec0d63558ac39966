/**
 * Whether a change touches what judges it although the gates themselves are read from main: a test that is deleted, a
 * script that a gate's command runs, the configuration of a test runner or linter. Such a change waits for a person.
 * It errs on the side of asking; counts of tests (review.ts) catch what no path shows.
 */
import type { Change } from '../../shared/ports/index.ts';
import type { GateConfig } from '../../shared/project/index.ts';

export interface JudgedChange {
	readonly gates: readonly GateConfig[];
	readonly changes: readonly Change[];
	/** A file's text before and after; null where there is none. Asked for package.json alone. */
	readonly before: (path: string) => Promise<string | null>;
	readonly after: (path: string) => Promise<string | null>;
}

const testFile =
	/(?:^|\/)(?:tests?|__tests__|specs?)\/|\.(?:test|spec)\.\w+$|(?:^|\/)test_[^/]+\.py$|_(?:test|spec)\.(?:go|py|rb)$/;

const runnerConfiguration =
	/(?:^|\/)(?:(?:vitest|vite|jest|karma|playwright|ava|eslint|prettier|stylelint|tsup)\.config\.\w+|\.(?:mocharc|nycrc|c8rc|taprc|eslintrc|prettierrc)(?:\.\w+)?|biome\.jsonc?|tsconfig[^/]*\.json|pytest\.ini|conftest\.py|tox\.ini|setup\.cfg|\.coveragerc|ruff\.toml|\.flake8|mypy\.ini|\.golangci\.ya?ml|clippy\.toml|rustfmt\.toml|phpunit\.xml|\.rspec|\.rubocop\.yml)$/;

/** Maps, because any word may stand in a command, `constructor` too. */
const buildFiles: ReadonlyMap<string, readonly string[]> = new Map([
	['make', ['Makefile', 'makefile', 'GNUmakefile']],
	['just', ['justfile', 'Justfile']],
	['rake', ['Rakefile']],
	['tox', ['tox.ini']],
	['nox', ['noxfile.py']],
	['task', ['Taskfile.yml', 'Taskfile.yaml']],
]);

const scriptRunners = new Set(['npm', 'pnpm', 'yarn', 'bun']);

/** One sentence, or null. */
export async function touchesJudge(change: JudgedChange): Promise<string | null> {
	const { gates, changes } = change;
	const gone = changes.find(({ kind, path }) => kind === 'deleted' && testFile.test(path));
	if (gone) return `it deletes the test ${gone.path}`;
	const configuration = changes.find(({ path, kind }) => kind !== 'added' && runnerConfiguration.test(path));
	if (configuration) return `it changes ${configuration.path}, which tests or checks are run with`;
	const scripts = await packageScripts(change);
	for (const gate of gates) {
		const reason = touchesGate(gate, changes, scripts);
		if (reason !== null) return reason;
	}
	return null;
}

interface Scripts {
	readonly before: ReadonlyMap<string, string>;
	readonly after: ReadonlyMap<string, string>;
}

function touchesGate(gate: GateConfig, changes: readonly Change[], scripts: Scripts): string | null {
	const words = gate.command.split(/[\s;&|()"']+/).filter(Boolean);
	const names = scriptNames(words);
	const rewritten = names.find((name) => scripts.before.get(name) !== scripts.after.get(name));
	if (rewritten !== undefined)
		return `it changes the script ${rewritten} of package.json, which gate ${gate.name} runs`;
	const expanded = [...words, ...names.flatMap((name) => (scripts.before.get(name) ?? '').split(/[\s;&|()"']+/))];
	const named = new Set(expanded.map((word) => word.replace(/^\.\//, '')));
	for (const word of named) for (const file of buildFiles.get(word) ?? []) named.add(file);
	const touched = changes.find(({ path, kind }) => kind !== 'added' && named.has(path));
	return touched ? `it changes ${touched.path}, which gate ${gate.name} runs` : null;
}

/** Names of package.json scripts that a command line runs, with what npm runs before and after them. */
function scriptNames(words: readonly string[]): readonly string[] {
	return words.flatMap((word, index) => {
		if (!scriptRunners.has(word)) return [];
		const rest = words.slice(index + 1).filter((next) => !next.startsWith('-'));
		const name = rest[0] === 'run' || rest[0] === 'run-script' ? rest[1] : rest[0];
		return name === undefined ? [] : [name, `pre${name}`, `post${name}`];
	});
}

async function packageScripts({ changes, before, after }: JudgedChange): Promise<Scripts> {
	const old = scriptsIn(await before('package.json'));
	const touched = changes.some(({ path }) => path === 'package.json');
	return { before: old, after: touched ? scriptsIn(await after('package.json')) : old };
}

function scriptsIn(text: string | null): ReadonlyMap<string, string> {
	if (text === null) return new Map();
	try {
		const { scripts } = JSON.parse(text) as { scripts?: unknown };
		if (typeof scripts !== 'object' || scripts === null) return new Map();
		return new Map(Object.entries(scripts).filter(([, value]) => typeof value === 'string'));
	} catch {
		return new Map();
	}
}
