import { describe, expect, it } from 'vitest';
import { type Detection, detectProject } from '../../../shared/project/index.ts';

type Files = Readonly<Record<string, string | object>>;

function detect(files: Files, untracked: readonly string[] = []): Promise<Detection> {
	const texts = new Map(
		Object.entries(files).map(([path, content]) => [
			path,
			typeof content === 'string' ? content : JSON.stringify(content),
		]),
	);
	return detectProject({ files: [...texts.keys()], untracked, read: async (path) => texts.get(path) ?? null });
}

interface Expected {
	readonly setup?: readonly string[];
	readonly gates?: Readonly<Record<string, string>>;
	readonly lockfiles?: readonly string[];
	readonly caches?: readonly string[];
}

async function check(files: Files, expected: Expected): Promise<void> {
	const found = await detect(files);
	const values = (list: readonly { value: string }[]): string[] => list.map((finding) => finding.value);
	const seen = {
		setup: values(found.setup),
		gates: Object.fromEntries(found.gates.map(({ value }) => [value.name, value.command])),
		lockfiles: values(found.lockfiles),
		caches: values(found.caches),
	};
	expect(seen).toMatchObject(expected);
	for (const finding of [...found.setup, ...found.gates, ...found.lockfiles, ...found.caches, ...found.copy]) {
		expect(finding.why.length).toBeGreaterThan(5);
	}
}

const ignoring = { '.gitignore': 'node_modules/\n/.venv\n__pycache__\n' };

describe('detectProject on Node', () => {
	it('takes set-up from the lockfile and gates from the scripts, and leaves out those that rewrite or wait', () =>
		check(
			{
				...ignoring,
				'package-lock.json': '{}',
				'package.json': {
					scripts: {
						test: 'vitest run',
						lint: 'eslint --fix .',
						'lint:ci': 'eslint .',
						typecheck: 'tsc --noEmit',
						format: 'prettier --write .',
						build: 'tsc',
						start: 'node .',
					},
				},
			},
			{
				setup: ['npm ci'],
				gates: { test: 'npm test', lint: 'npm run lint:ci', types: 'npm run typecheck', build: 'npm run build' },
				lockfiles: ['package-lock.json'],
				caches: ['node_modules'],
			},
		));

	it("ignores npm's default test script and sees no gate then", async () => {
		const files = { 'package.json': { scripts: { test: 'echo "Error: no test specified" && exit 1' } } };
		expect((await detect(files)).gates).toEqual([]);
		expect((await detect(files)).setup).toEqual([]);
	});

	it('prefers a script that ends over one that watches', () =>
		check(
			{ ...ignoring, 'package.json': { scripts: { test: 'jest --watch', 'test:unit': 'jest' } } },
			{ gates: { test: 'npm run test:unit' } },
		));

	it('keeps node_modules out of sight of git where the project does not ignore it', () =>
		check(
			{ 'package.json': {}, 'package-lock.json': '{}' },
			{ setup: ["npm ci && mkdir -p node_modules && echo '*' > node_modules/.gitignore"] },
		));

	it('installs without writing a lockfile where there is none', () =>
		check(
			{ ...ignoring, 'package.json': { devDependencies: { a: '1' } } },
			{ setup: ['npm install --no-package-lock'] },
		));

	it('runs the tests of npm workspaces when the root has no test script', () =>
		check(
			{
				...ignoring,
				'package-lock.json': '{}',
				'package.json': { workspaces: ['packages/*', '!packages/old'] },
				'packages/a/package.json': { scripts: { test: 'node --test' } },
				'packages/old/package.json': { scripts: { lint: 'eslint .' } },
			},
			{ setup: ['npm ci'], gates: { test: 'npm run test --workspaces --if-present' } },
		));

	const managers: readonly [string, Files, string, string][] = [
		['pnpm', { 'pnpm-lock.yaml': '' }, 'pnpm install --frozen-lockfile', 'pnpm run test'],
		['yarn', { 'yarn.lock': '' }, 'yarn install --frozen-lockfile', 'yarn run test'],
		['yarn berry', { 'yarn.lock': '', '.yarnrc.yml': '' }, 'yarn install --immutable', 'yarn run test'],
		['bun', { 'bun.lock': '' }, 'bun install --frozen-lockfile', 'bun run test'],
	];
	for (const [manager, lock, setup, test] of managers) {
		it(`speaks ${manager}`, () =>
			check({ ...ignoring, ...lock, 'package.json': { scripts: { test: 'x' } } }, { setup: [setup], gates: { test } }));
	}

	it('finds pnpm workspaces in their own file', () =>
		check(
			{
				...ignoring,
				'pnpm-lock.yaml': '',
				'pnpm-workspace.yaml': "packages:\n  - 'libs/**'\n",
				'package.json': {},
				'libs/deep/a/package.json': { scripts: { test: 'x' } },
			},
			{ gates: { test: 'pnpm -r --if-present run test' } },
		));

	it('runs plain node tests of a package without a script', () =>
		check({ 'package.json': {}, 'test/a.test.js': '' }, { gates: { test: 'node --test' } }));

	it('survives a package.json that is broken', () => check({ 'package.json': '{' }, { setup: [], gates: {} }));
});

describe('detectProject on Python', () => {
	it('installs requirements into a venv of the clone', () =>
		check(
			{
				...ignoring,
				'requirements.txt': 'flask\npytest>=8\n',
				'app.py': '',
				'tests/test_app.py': 'def test_a(): pass',
			},
			{
				setup: ['python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt'],
				gates: { test: '.venv/bin/python -m pytest' },
				caches: ['.venv'],
				lockfiles: ['requirements.txt'],
			},
		));

	it('uses the python of the machine where nothing must be installed, and leaves no compiled files', () =>
		check(
			{ 'pyproject.toml': '[tool.pytest.ini_options]\n', 'tests/test_a.py': 'def test_a(): pass' },
			{ setup: [], gates: { test: 'PYTHONDONTWRITEBYTECODE=1 python3 -m pytest' }, caches: [] },
		));

	it('installs a package in place with its test extras', () =>
		check(
			{
				...ignoring,
				'pyproject.toml':
					'[build-system]\nrequires=["setuptools"]\n[project]\nname="x"\ndependencies=["attrs"]\n[project.optional-dependencies]\ntest=["pytest"]\ndocs=["sphinx"]\n',
				'src/x/__init__.py': '',
			},
			{
				setup: ["python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]'"],
				gates: { test: '.venv/bin/python -m pytest' },
			},
		));

	it('adds pytest where only the tests show that it is used, and checkers that are configured and installed', () =>
		check(
			{
				'setup.py': '',
				'requirements.txt': 'ruff\nmypy',
				'pyproject.toml': '[tool.ruff]\n[tool.black]\n',
				'test_a.py': 'import pytest',
			},
			{
				setup: [
					"python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt pytest && mkdir -p .venv && echo '*' > .venv/.gitignore",
				],
				gates: {
					lint: '.venv/bin/python -m ruff check .',
					test: 'PYTHONDONTWRITEBYTECODE=1 .venv/bin/python -m pytest',
				},
			},
		));

	const managers: readonly [string, string, string][] = [
		['uv.lock', 'uv sync --frozen', 'uv run --frozen python -m pytest'],
		[
			'poetry.lock',
			'POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install --no-interaction',
			'POETRY_VIRTUALENVS_IN_PROJECT=1 poetry run python -m pytest',
		],
	];
	for (const [lockfile, setup, test] of managers) {
		it(`speaks ${lockfile}`, () =>
			check(
				{ ...ignoring, 'pyproject.toml': '', [lockfile]: '', 'conftest.py': '' },
				{ setup: [setup], gates: { test }, lockfiles: [lockfile] },
			));
	}

	it('discovers unittest cases, with and without a package around them', async () => {
		const suite = {
			...ignoring,
			'setup.py': '',
			'tests/test_a.py': 'import unittest\nclass A(unittest.TestCase):\n  def test_a(self): pass',
		};
		await check(suite, { gates: { test: 'python3 -m unittest discover -s tests' } });
		await check(
			{ ...suite, 'tests/__init__.py': '' },
			{ gates: { test: 'python3 -m unittest discover -s tests -t .' } },
		);
	});

	it('falls back to tox', () =>
		check({ ...ignoring, 'setup.py': '', 'tox.ini': '[tox]', 'a.py': '' }, { gates: { test: 'tox -q' } }));

	it('sees tests of scripts that have no project file', () =>
		check(
			{ ...ignoring, 'run.py': '', 'test_run.py': 'def test_a(): pass' },
			{ gates: { test: 'python3 -m pytest' } },
		));
});

describe('detectProject elsewhere', () => {
	it('vets and tests Go, and checks the format only where automation does', async () => {
		await check({ 'go.mod': 'module x' }, { setup: [], gates: { lint: 'go vet ./...', test: 'go test ./...' } });
		const formatted = { 'go.mod': '', 'go.sum': '', '.github/workflows/ci.yml': 'run: gofmt -l .' };
		await check(formatted, { setup: ['go mod download'], gates: { format: 'test -z "$(gofmt -l .)"' } });
	});

	it('fetches and tests Rust, with clippy and rustfmt where the project uses them', async () => {
		await check(
			{ 'Cargo.toml': '[workspace]\n', 'Cargo.lock': '' },
			{ setup: ['cargo fetch --locked'], gates: { test: 'cargo test --workspace --locked' }, caches: ['target'] },
		);
		await check(
			{ 'Cargo.toml': '', 'rustfmt.toml': '', Makefile: 'lint:\n\tcargo clippy\n' },
			{ gates: { format: 'cargo fmt --check', lint: 'cargo clippy -- -D warnings', test: 'cargo test' } },
		);
	});

	it('takes wrappers of Maven and Gradle when they are there', async () => {
		await check({ 'pom.xml': '' }, { gates: { test: 'mvn -B test' } });
		await check({ 'pom.xml': '', mvnw: '' }, { gates: { test: './mvnw -B test' } });
		await check({ 'build.gradle.kts': '', gradlew: '' }, { gates: { test: './gradlew --no-daemon test' } });
	});

	it('tests Ruby with rspec or rake', async () => {
		await check(
			{ Gemfile: "gem 'rspec'", 'spec/a_spec.rb': '' },
			{ setup: ['bundle install --quiet'], gates: { test: 'bundle exec rspec' } },
		);
		await check({ Gemfile: '', Rakefile: 'Rake::TestTask.new' }, { gates: { test: 'bundle exec rake test' } });
	});

	it('reads a Makefile where nothing else speaks', () =>
		check(
			{ Makefile: 'CC := gcc\nall build: a.o\n\tcc\ntest check: all\n\t./run\nlint:\n\tx\n' },
			{ gates: { lint: 'make lint', test: 'make test' } },
		));

	it('lets a Makefile fill only the kinds that are open', async () => {
		const { gates } = await detect({ 'go.mod': '', Makefile: 'test:\n\tx\ntypes:\n\ty\n' });
		expect(gates.map(({ value }) => value.command)).toEqual(['go vet ./...', 'make types', 'go test ./...']);
	});

	it('gives the gates of a second language names of their own', async () => {
		const { stack, others, gates } = await detect({
			'go.mod': '',
			'a.go': '',
			'b.go': '',
			'package.json': { scripts: { test: 'x' } },
		});
		expect({ stack, others }).toEqual({ stack: 'go', others: ['node'] });
		expect(gates.map(({ value }) => value.name)).toEqual(['lint', 'test', 'test-node']);
	});

	it('copies an untracked .env and says why', async () => {
		expect((await detect({ '.env.example': '' }, ['.env'])).copy).toEqual([
			{ value: '.env', why: '.env is not in git and .env.example is' },
		]);
		expect((await detect({ '.env.example': '' })).copy).toEqual([]);
	});

	it('finds nothing in an empty tree', async () => {
		const nothing = { setup: [], gates: [], lockfiles: [], caches: [], copy: [] };
		expect(await detect({ 'README.md': '' })).toEqual({ ...nothing, stack: null, others: [] });
	});
});
