/**
 * JavaScript and TypeScript: the package manager from the lockfile, the gates from what package.json's scripts are
 * called. Only what the project itself runs is proposed; nothing is invented from its dependencies.
 */
import { z } from 'zod';
import { type GateFinding, type GateKindFound, gate, nothing, type Part, type ProjectTree } from './finding.ts';
import { hideUnlessIgnored } from './ignored.ts';

const texts = z.record(z.string(), z.string());
const manifestSchema = z.object({
	scripts: texts.catch({}).default({}),
	dependencies: texts.catch({}).default({}),
	devDependencies: texts.catch({}).default({}),
	packageManager: z.string().catch('').default(''),
	workspaces: z
		.union([z.array(z.string()), z.object({ packages: z.array(z.string()) }).transform((field) => field.packages)])
		.catch([])
		.default([]),
});
type Manifest = z.output<typeof manifestSchema>;

interface Manager {
	readonly name: 'npm' | 'pnpm' | 'yarn' | 'bun';
	readonly lockfile: string;
	readonly install: string;
	readonly run: (script: string) => string;
	/** Runs a script in every workspace that has it. */
	readonly runEverywhere: (script: string) => string;
}

const npm: Manager = {
	name: 'npm',
	lockfile: 'package-lock.json',
	install: 'npm ci',
	run: (script) => (script === 'test' ? 'npm test' : `npm run ${script}`),
	runEverywhere: (script) => `npm run ${script} --workspaces --if-present`,
};
const pnpm: Manager = {
	name: 'pnpm',
	lockfile: 'pnpm-lock.yaml',
	install: 'pnpm install --frozen-lockfile',
	run: (script) => `pnpm run ${script}`,
	runEverywhere: (script) => `pnpm -r --if-present run ${script}`,
};
const yarnClassic: Manager = {
	name: 'yarn',
	lockfile: 'yarn.lock',
	install: 'yarn install --frozen-lockfile',
	run: (script) => `yarn run ${script}`,
	runEverywhere: (script) => `yarn workspaces run ${script}`,
};
const yarnBerry: Manager = {
	...yarnClassic,
	install: 'yarn install --immutable',
	runEverywhere: (script) => `yarn workspaces foreach --all run ${script}`,
};
const bun: Manager = {
	name: 'bun',
	lockfile: 'bun.lock',
	install: 'bun install --frozen-lockfile',
	run: (script) => `bun run ${script}`,
	runEverywhere: (script) => `bun run --filter '*' ${script}`,
};

/** Script names by gate kind, the most telling first. */
const scriptNames: readonly (readonly [GateKindFound, readonly string[]])[] = [
	['format', ['format:check', 'check:format', 'fmt:check', 'check-format', 'prettier:check', 'format', 'fmt']],
	['lint', ['lint:check', 'lint:ci', 'lint', 'check:lint', 'eslint']],
	['types', ['typecheck', 'type-check', 'types', 'check-types', 'check:types', 'tsc']],
	['test', ['test:ci', 'test', 'test:unit', 'tests', 'unit']],
	['build', ['build']],
];

/** What a Node project needs and must pass. */
export async function detectNode(tree: ProjectTree): Promise<Part> {
	const manifest = await readManifest(tree, 'package.json');
	if (manifest === null) return nothing;
	const manager = findManager(tree, manifest);
	const globs = [...manifest.workspaces, ...(await pnpmWorkspaces(tree))];
	const gates = await detectGates(tree, { manifest, manager, globs });
	return { ...(await detectInstall(tree, { manifest, manager, globs })), gates };
}

interface NodeProject {
	readonly manifest: Manifest;
	readonly manager: Manager;
	readonly globs: readonly string[];
}

async function readManifest(tree: ProjectTree, path: string): Promise<Manifest | null> {
	const text = await tree.read(path);
	if (text === null) return null;
	try {
		return manifestSchema.safeParse(JSON.parse(text)).data ?? null;
	} catch {
		return null;
	}
}

function findManager(tree: ProjectTree, manifest: Manifest): Manager {
	const files = new Set(tree.files);
	const yarn = files.has('.yarnrc.yml') || /^yarn@[2-9]/.test(manifest.packageManager) ? yarnBerry : yarnClassic;
	const shrinkwrapped: Manager = { ...npm, lockfile: 'npm-shrinkwrap.json' };
	const binaryBun: Manager = { ...bun, lockfile: 'bun.lockb' };
	const managers = [npm, shrinkwrapped, pnpm, yarn, bun, binaryBun];
	const declared = managers.filter((manager) => manifest.packageManager.startsWith(`${manager.name}@`));
	return [...declared, ...managers].find((manager) => files.has(manager.lockfile)) ?? declared[0] ?? npm;
}

async function detectInstall(tree: ProjectTree, project: NodeProject): Promise<Omit<Part, 'gates'>> {
	const { manifest, manager, globs } = project;
	const isLocked = tree.files.includes(manager.lockfile);
	const wanted = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).length + globs.length;
	if (!isLocked && wanted === 0) return { setup: [], lockfiles: [], caches: [] };
	const hide = await hideUnlessIgnored(tree, 'node_modules', []);
	// Without a lockfile an install would write one, and every tree would look changed.
	const unlocked = manager.name === 'npm' ? 'npm install --no-package-lock' : `${manager.name} install`;
	const why = isLocked ? `${manager.lockfile} is there` : 'package.json has dependencies and there is no lockfile';
	const lockfile = { value: isLocked ? manager.lockfile : 'package.json', why: 'says what is installed' };
	return {
		setup: [{ value: `${isLocked ? manager.install : unlocked}${hide}`, why }],
		lockfiles: [{ ...lockfile, why: `${lockfile.value} ${lockfile.why}` }],
		caches: [{ value: 'node_modules', why: `${manager.name} installs into node_modules` }],
	};
}

async function detectGates(tree: ProjectTree, project: NodeProject): Promise<GateFinding[]> {
	const members = await workspaceManifests(tree, project.globs);
	const gates = scriptNames.flatMap(([kind, names]) => {
		const own = pickScript(project.manifest, kind, names);
		if (own !== null) return [gate(kind, project.manager.run(own), `package.json has scripts.${own}`)];
		return pickEverywhere(kind, names, { members, manager: project.manager });
	});
	if (gates.some((found) => found.value.kind === 'test')) return gates;
	const tested = tree.files.find((file) => /\.test\.[cm]?js$/.test(file) && !file.includes('node_modules/'));
	if (tested === undefined) return gates;
	return [...gates, gate('test', 'node --test', `${tested} is a test and package.json has no test script`)];
}

function pickScript(manifest: Manifest, kind: GateKindFound, names: readonly string[]): string | null {
	return names.find((name) => isCheck(kind, name, manifest.scripts[name])) ?? null;
}

/** A gate judges and leaves the tree alone; scripts that rewrite files or wait for a key press are none. */
function isCheck(kind: GateKindFound, name: string, script: string | undefined): boolean {
	if (script === undefined || script.trim() === '') return false;
	if (/no test specified/.test(script)) return false;
	if (/(?:^|\s)--watch(?:All)?(?![=\w-]*false)(?:\s|=|$)/.test(script)) return false;
	if (kind === 'format' && !name.includes('check'))
		return /--check|--list-different|(?:^|\s)-[cl](?:\s|$)/.test(script);
	return kind === 'build' || !/(?:^|\s)--(?:fix|write)(?:\s|=|$)/.test(script);
}

function pickEverywhere(
	kind: GateKindFound,
	names: readonly string[],
	project: { members: readonly (readonly [string, Manifest])[]; manager: Manager },
): GateFinding[] {
	for (const name of names) {
		const having = project.members.filter(([, member]) => isCheck(kind, name, member.scripts[name]));
		const first = having[0];
		if (first === undefined) continue;
		const why = `${having.length} of ${project.members.length} workspaces (such as ${first[0]}) have scripts.${name}`;
		return [gate(kind, project.manager.runEverywhere(name), why)];
	}
	return [];
}

async function pnpmWorkspaces(tree: ProjectTree): Promise<string[]> {
	const text = (await tree.read('pnpm-workspace.yaml')) ?? '';
	const list = /^packages:\s*\n((?:[ \t]*-[^\n]*\n?|[ \t]*#[^\n]*\n|\s*\n)*)/m.exec(text)?.[1] ?? '';
	return [...list.matchAll(/^[ \t]*-\s*['"]?([^'"\s#]+)/gm)].map((match) => match[1] ?? '');
}

/** A workspace is a folder that a glob names and that holds a package.json; at most 200 are looked at. */
async function workspaceManifests(tree: ProjectTree, globs: readonly string[]): Promise<[string, Manifest][]> {
	const included = globs.filter((glob) => !glob.startsWith('!')).map(globPattern);
	const excluded = globs.filter((glob) => glob.startsWith('!')).map((glob) => globPattern(glob.slice(1)));
	const folders = tree.files
		.filter((file) => file.endsWith('/package.json'))
		.map((file) => file.slice(0, -'/package.json'.length))
		.filter((folder) => included.some((glob) => glob.test(folder)) && !excluded.some((glob) => glob.test(folder)));
	const members: [string, Manifest][] = [];
	for (const folder of folders.slice(0, 200)) {
		const manifest = await readManifest(tree, `${folder}/package.json`);
		if (manifest !== null) members.push([folder, manifest]);
	}
	return members;
}

function globPattern(glob: string): RegExp {
	const parts = glob
		.replace(/^\.\//, '')
		.replace(/\/$/, '')
		.split(/(\*\*|\*)/);
	const body = parts.map((part) => {
		if (part === '**') return '.*';
		return part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
	});
	return new RegExp(`^${body.join('')}$`);
}
