/**
 * What a Python project says of itself, spread as it is over pyproject.toml, setup.py, setup.cfg, requirement files and
 * its tests, read into one value. It only reads; what follows from it is decided in python.ts.
 */
import { parse } from 'smol-toml';
import { z } from 'zod';
import type { ProjectTree } from './finding.ts';

export interface PythonManifest {
	/** The file that names the dependencies, for people. */
	readonly source: string;
	/** The files that name dependencies. */
	readonly files: readonly string[];
	/** Arguments of `pip install` that bring everything, quoted for a shell. Empty: nothing is needed. */
	readonly packages: readonly string[];
	/** What says that the tests are run with pytest; null when nothing does. */
	readonly pytest: string | null;
	/** The first test files, by name. */
	readonly testFiles: readonly string[];
	declares(name: string): boolean;
	configures(tool: string): boolean;
}

const strings = z.array(z.string()).catch([]).default([]);
const pyprojectSchema = z.object({
	project: z
		.object({ dependencies: strings, 'optional-dependencies': z.record(z.string(), strings).catch({}).default({}) })
		.prefault({}),
	'build-system': z.unknown().optional(),
	'dependency-groups': z.record(z.string(), z.array(z.unknown())).catch({}).default({}),
	tool: z.record(z.string(), z.unknown()).catch({}).default({}),
});
type Pyproject = z.output<typeof pyprojectSchema>;

const requirementFiles = [
	'requirements.txt',
	'requirements-dev.txt',
	'requirements_dev.txt',
	'dev-requirements.txt',
	'requirements-test.txt',
	'test-requirements.txt',
	'requirements/dev.txt',
	'requirements/test.txt',
];
const testGroups = ['dev', 'test', 'tests', 'testing'];
/** Enough to see which runner a project uses. */
const testFilesMax = 20;

/** Reads what there is; a file that cannot be parsed counts as empty, the project's own tools will say so. */
export async function readPythonManifest(tree: ProjectTree): Promise<PythonManifest> {
	const text = (await tree.read('pyproject.toml')) ?? '';
	const pyproject = readPyproject(text);
	const requirements = requirementFiles.filter((file) => tree.files.includes(file));
	const setups = ['setup.py', 'setup.cfg'].filter((file) => tree.files.includes(file));
	const texts = await Promise.all([...setups, ...requirements].map((file) => tree.read(file)));
	const declared = [...allDependencies(pyproject), ...texts].join('\n');
	const declares = (name: string): boolean => new RegExp(`(?:^|["'\\s])${name}\\b`, 'm').test(declared);
	const configures = (tool: string): boolean => pyproject.tool[tool] !== undefined;
	const testFiles = tree.files
		.filter((file) => /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(file))
		.slice(0, testFilesMax);
	const files = [...requirements, ...(text === '' ? [] : ['pyproject.toml']), ...setups];
	return {
		source: files[0] ?? 'the project',
		files,
		packages: pipArguments(tree, pyproject, requirements),
		pytest: await pytestEvidence(tree, { declared, declares, configures, testFiles }),
		testFiles,
		declares,
		configures,
	};
}

function readPyproject(text: string): Pyproject {
	try {
		return pyprojectSchema.parse(parse(text));
	} catch {
		return pyprojectSchema.parse({});
	}
}

function allDependencies(pyproject: Pyproject): string[] {
	return [
		...pyproject.project.dependencies,
		...Object.values(pyproject.project['optional-dependencies']).flat(),
		...Object.keys(pyproject['dependency-groups']).flatMap((group) => grouped(pyproject, group)),
	];
}

function grouped(pyproject: Pyproject, group: string): string[] {
	return (pyproject['dependency-groups'][group] ?? []).filter((entry) => typeof entry === 'string');
}

/** A package with dependencies or a src folder is installed in place; loose dependencies are named one by one. */
function pipArguments(tree: ProjectTree, pyproject: Pyproject, requirements: readonly string[]): string[] {
	const { dependencies, 'optional-dependencies': optional } = pyproject.project;
	const extras = testGroups.filter((group) => optional[group] !== undefined);
	const isPackage = pyproject['build-system'] !== undefined || tree.files.includes('setup.py');
	const isInSrc = tree.files.some((file) => file.startsWith('src/') && file.endsWith('.py'));
	const isInstalled = isPackage && (dependencies.length > 0 || extras.length > 0 || isInSrc);
	const itself = isInstalled ? ['-e', extras.length > 0 ? `'.[${extras.join(',')}]'` : '.'] : [];
	const loose = isInstalled ? [] : [...dependencies, ...extras.flatMap((group) => optional[group] ?? [])];
	const groups = testGroups.flatMap((group) => grouped(pyproject, group));
	return [...requirements.flatMap((file) => ['-r', file]), ...itself, ...[...loose, ...groups].map(quoted)];
}

function quoted(word: string): string {
	return `'${word.replaceAll("'", "'\\''")}'`;
}

async function pytestEvidence(
	tree: ProjectTree,
	project: Pick<PythonManifest, 'declares' | 'configures' | 'testFiles'> & { readonly declared: string },
): Promise<string | null> {
	if (project.configures('pytest')) return 'pyproject.toml has [tool.pytest]';
	if (/\[tool:pytest\]/.test(project.declared)) return 'setup.cfg has [tool:pytest]';
	const configs = ['pytest.ini', '.pytest.ini', 'conftest.py', 'tests/conftest.py', 'test/conftest.py'];
	const config = configs.find((path) => tree.files.includes(path));
	if (config !== undefined) return `${config} is there`;
	if (project.declares('pytest')) return 'pytest is among the dependencies';
	for (const file of project.testFiles) {
		const text = (await tree.read(file)) ?? '';
		if (/^\s*(?:import|from) pytest\b|^(?:async )?def test_/m.test(text)) return `${file} has tests in pytest's style`;
	}
	return null;
}
