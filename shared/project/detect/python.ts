/**
 * Python: dependencies go into a `.venv` inside the clone, never into the machine; a project without dependencies runs
 * with the machine's python3. Tools are called as `python -m`, so that the project's own folder can be imported.
 */
import { type GateFinding, gate, nothing, type Part, type ProjectTree, present } from './finding.ts';
import { hideUnlessIgnored, ignores } from './ignored.ts';
import { type PythonManifest, readPythonManifest } from './python-manifest.ts';

/** How the project's dependencies are installed and which python then has them. */
interface Toolbox extends Omit<Part, 'gates'> {
	readonly python: string;
}

/** No dependencies: what the machine has is enough. */
const machine: Toolbox = { setup: [], lockfiles: [], caches: [], python: 'python3' };

/** What a Python project needs and must pass. */
export async function detectPython(tree: ProjectTree): Promise<Part> {
	if (!tree.files.some((file) => file.endsWith('.py'))) return nothing;
	const manifest = await readPythonManifest(tree);
	const { python, ...rest } = (await managed(tree)) ?? (await venv(tree, manifest)) ?? machine;
	return { ...rest, gates: [...checks(manifest, python), ...(await tests(tree, manifest, python))] };
}

/** uv, poetry and pipenv bring their own environment; each is told to keep it in the clone. */
async function managed(tree: ProjectTree): Promise<Toolbox | null> {
	const pipenv = 'PIPENV_VENV_IN_PROJECT=1 pipenv';
	const managers = [
		{ lockfile: 'uv.lock', install: 'uv sync --frozen', run: 'uv run --frozen' },
		{
			lockfile: 'poetry.lock',
			install: 'POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install --no-interaction',
			run: 'POETRY_VIRTUALENVS_IN_PROJECT=1 poetry run',
		},
		{ lockfile: 'Pipfile.lock', install: `${pipenv} sync --dev`, run: `${pipenv} run` },
	];
	const found = managers.find((manager) => tree.files.includes(manager.lockfile));
	if (found === undefined) return null;
	return {
		setup: [{ value: `${found.install}${await hideVenv(tree)}`, why: `${found.lockfile} is there` }],
		lockfiles: present(tree, [found.lockfile], 'says what is installed'),
		caches: [{ value: '.venv', why: 'the environment is kept in the clone' }],
		python: `${found.run} python`,
	};
}

async function venv(tree: ProjectTree, manifest: PythonManifest): Promise<Toolbox | null> {
	if (manifest.packages.length === 0) return null;
	const pytest = manifest.pytest !== null && !manifest.declares('pytest') ? ['pytest'] : [];
	const install = `.venv/bin/pip install -q ${[...manifest.packages, ...pytest].join(' ')}`;
	return {
		setup: [
			{
				value: `python3 -m venv .venv && ${install}${await hideVenv(tree)}`,
				why: `${manifest.source} has dependencies`,
			},
		],
		lockfiles: present(tree, manifest.files, 'says what is installed'),
		caches: [{ value: '.venv', why: 'the environment is kept in the clone' }],
		python: '.venv/bin/python',
	};
}

function hideVenv(tree: ProjectTree): Promise<string> {
	return hideUnlessIgnored(tree, '.venv', ['venv', '.venv*', '*venv*', '.*']);
}

/** Checkers that the project both configures and installs. */
function checks(manifest: PythonManifest, python: string): GateFinding[] {
	const known = [
		{ kind: 'format', tool: 'black', command: 'black --check .' },
		{ kind: 'lint', tool: 'ruff', command: 'ruff check .' },
		{ kind: 'types', tool: 'mypy', command: 'mypy .' },
	] as const;
	return known
		.filter((check) => manifest.configures(check.tool) && manifest.declares(check.tool))
		.map((check) => {
			const why = `pyproject.toml has [tool.${check.tool}] and ${check.tool} is among the dependencies`;
			return gate(check.kind, `${python} -m ${check.command}`, why);
		});
}

async function tests(tree: ProjectTree, manifest: PythonManifest, python: string): Promise<GateFinding[]> {
	const isClean = await ignores(tree, ['__pycache__', '*.pyc', '*.py[cod]', '*.py[co]', '*.py[codz]']);
	// Compiled files that git does not ignore would make a test look as if it had changed the tree.
	const run = `${isClean ? '' : 'PYTHONDONTWRITEBYTECODE=1 '}${python} -m`;
	if (manifest.pytest !== null) return [gate('test', `${run} pytest`, manifest.pytest)];
	if (tree.files.includes('tox.ini')) return [gate('test', 'tox -q', 'tox.ini is there')];
	const file = manifest.testFiles.at(0);
	if (file === undefined) return [];
	const folder = file.slice(0, Math.max(0, file.indexOf('/')));
	const top = tree.files.includes(`${folder}/__init__.py`) ? ' -t .' : '';
	const discover = folder === '' ? 'unittest discover' : `unittest discover -s ${folder}${top}`;
	return [gate('test', `${run} ${discover}`, `${file} uses unittest`)];
}
