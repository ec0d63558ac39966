/**
 * The rules of the house that no linter knows, held against the sources. Each failure names the file and says where the
 * thing belongs instead, because a rule that only says no is worked around.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { errorKinds } from '../../shared/ports/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Source {
	/** Relative to the root. */
	readonly path: string;
	readonly text: string;
	readonly imports: readonly string[];
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

function filesBelow(folder: string, ending: RegExp): string[] {
	return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
		.map((path) => `${folder}/${path}`)
		.filter((path) => ending.test(path) && !path.startsWith('test/fixtures/'))
		.sort();
}

function sourceOf(path: string): Source {
	const text = read(path);
	const imports = [...text.matchAll(/(?:^|\n)(?:import|export)\b[^'"`;]*?from '([^']+)'|\bimport\('([^']+)'\)/g)];
	return { path, text, imports: imports.map((match) => match[1] ?? match[2] ?? '') };
}

const sources = ['shared', 'node', 'gateway'].flatMap((room) => filesBelow(room, /\.tsx?$/)).map(sourceOf);
const tests = filesBelow('test', /\.ts$/).map(sourceOf);

/** The files that break a rule, each with what to do; empty when all keep it. */
function offenders(among: readonly Source[], breaks: (source: Source) => string | null): string[] {
	return among.flatMap((source) => {
		const what = breaks(source);
		return what === null ? [] : [`${source.path}: ${what}`];
	});
}

const codeOf = ({ text }: Source): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

describe('the house', () => {
	it('is looked at whole', () => {
		expect(sources.length).toBeGreaterThan(100);
		expect(sources.flatMap(({ imports }) => imports)).toEqual(
			expect.arrayContaining(['yjs', 'level', 'fastify', 'commander']),
		);
	});

	it('has nothing at its top that nobody was told of', () => {
		const allowed = [
			...['.biome.json', '.ci', '.git', '.gitignore', '.npmrc', 'package.json', 'package-lock.json', 'tsconfig.json'],
			...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'LICENSE'],
			...['shared', 'node', 'gateway', 'docker', 'scripts', 'test'],
			...['node_modules', 'dist', 'coverage', '.gangline-dev'],
		];
		const strange = readdirSync(root).filter((name) => !allowed.includes(name) && !name.endsWith('.tgz'));
		expect(strange, 'put it into a room, or into .gitignore and this list').toEqual([]);
	});

	it('keeps each file to one concept: at most 400 lines', () => {
		const long = offenders([...sources, ...tests], ({ path, text }) => {
			const lines = text.split('\n').length - 1;
			return lines <= 400 || path.startsWith('test/') ? null : `${lines} lines; split it by what its parts know`;
		});
		expect(long).toEqual([]);
	});

	it('opens each source file with what it is and why', () => {
		const mute = offenders(sources, ({ text }) =>
			/^(?:#!.*\n)?\/\*\*/.test(text) ? null : 'begins without a comment; say what the file is, why, and its invariant',
		);
		expect(mute).toEqual([]);
	});

	it('lets pure rooms import only pure rooms, types of ports, and zod', () => {
		const pure = ['pipeline', 'plan', 'placement', 'operations', 'registry'];
		const friends = [...pure, 'ports', 'protocol', 'project'];
		const impure = offenders(
			sources.filter(({ path }) => pure.some((room) => path.startsWith(`shared/${room}/`))),
			({ path, imports }) => {
				const bad = imports.find((name) => {
					if (!name.startsWith('.')) return name !== 'zod';
					const [building, room] = join(dirname(path), name).split('/');
					return building !== 'shared' || !friends.includes(room ?? '');
				});
				return bad === undefined ? null : `imports ${bad}; take the result as an argument, the caller has the effect`;
			},
		);
		expect(impure).toEqual([]);
	});

	it('keeps shared/ below both buildings, and the buildings apart', () => {
		const crossing = offenders(sources, ({ path, imports }) => {
			const [own] = path.split('/');
			const bad = imports.find((name) => {
				if (!name.startsWith('.')) return false;
				const [other] = join(dirname(path), name).split('/');
				return other !== own && other !== 'shared';
			});
			return bad === undefined ? null : `imports ${bad}; what both need belongs in shared/, or goes over the wire`;
		});
		expect(crossing).toEqual([]);
	});

	const homes: Readonly<Record<string, string>> = {
		react: 'gateway/web',
		'react-dom': 'gateway/web',
		'@tanstack/react-virtual': 'gateway/web',
		'@atlaskit/pragmatic-drag-and-drop': 'gateway/web/views/board',
		'@git-diff-view/react': 'gateway/web/views/item',
		ansi_up: 'gateway/web/views/item',
		tinykeys: 'gateway/web',
		'y-websocket': 'gateway/web/browser',
		yjs: 'shared/documents',
		level: 'shared/store',
		'simple-git': 'shared/git',
		fastify: 'shared/http',
		'@fastify/static': 'shared/http',
		pino: 'shared/ports/system',
		commander: 'gateway/cli',
		'@clack/prompts': 'gateway/cli',
		'cli-table3': 'gateway/cli',
		qrcode: 'gateway/cli',
		dockerode: 'shared/provision',
		libp2p: 'shared/mesh',
		'@libp2p/crypto': 'shared/mesh',
		'@libp2p/interface': 'shared/mesh',
		'@libp2p/noise': 'shared/mesh',
		'@libp2p/tcp': 'shared/mesh',
		'@libp2p/yamux': 'shared/mesh',
		'@multiformats/multiaddr': 'shared/mesh',
		'smol-toml': 'shared/project',
		'@agentclientprotocol/sdk': 'node/agents',
		'@modelcontextprotocol/sdk': 'shared/mcp',
	};
	/** A browser has documents of its own, which no adapter of ours can be part of. */
	const alsoAt: Readonly<Record<string, string>> = { yjs: 'gateway/web/browser' };
	it('gives each third-party client one room', () => {
		const strays = offenders(sources, ({ path, imports }) => {
			const bad = imports.find((name) => {
				const client = name
					.split('/')
					.slice(0, name.startsWith('@') ? 2 : 1)
					.join('/');
				const rooms = [homes[client], alsoAt[client]].filter((room) => room !== undefined);
				return rooms.length > 0 && !rooms.some((room) => path.startsWith(`${room}/`));
			});
			return bad === undefined
				? null
				: `imports ${bad}; it lives in ${homes[bad]}, which offers what you need in our words`;
		});
		expect(strays).toEqual([]);
	});

	it('spawns git in one room only', () => {
		const strays = offenders(sources, (source) => {
			const isHome = source.path.startsWith('shared/git/');
			const spawns = /(?:spawn|exec|execFile|run|captureProgram)\(\s*(?:\[\s*)?'git'/.test(codeOf(source));
			return isHome || !spawns ? null : 'runs git; ask shared/git for it';
		});
		expect(strays).toEqual([]);
	});

	it('leaves clock, timers, randomness and environment to adapters', () => {
		const adapters = [
			'shared/ports/system/',
			'shared/mesh/',
			'shared/git/git-process.ts',
			'node/agents/processes/',
			'gateway/web/browser/',
			'gateway/web/vite.config.ts',
		];
		const entrances = [
			...['gateway/cli/capture-program.ts', 'gateway/cli/main.ts'],
			...['gateway/main.ts', 'gateway/serve.ts', 'node/main.ts', 'node/serve.ts'],
		];
		const rules: readonly [RegExp, string][] = [
			[/\bDate\.now\(|\bnew Date\(\)/, 'reads the clock; take a Clock (shared/ports/clock.ts)'],
			[/\bMath\.random\(/, 'draws randomness; take a Random (shared/ports/random.ts)'],
			[/\bsetTimeout\(|\bsetInterval\(/, 'sets a timer; take a Clock and use after() or pause()'],
			[/\bprocess\.env\b/, 'reads the environment; config.ts does, and hands on what you need'],
		];
		const strays = offenders(sources, (source) => {
			if ([...adapters, ...entrances].some((place) => source.path.startsWith(place))) return null;
			return rules.find(([pattern]) => pattern.test(codeOf(source)))?.[1] ?? null;
		});
		expect(strays).toEqual([]);
	});

	it('has no unfinished corner and no test that is switched off', () => {
		const marks = new RegExp(
			`\\b(?:${['TO', 'FIX', 'X'].map((half, i) => half + ['DO', 'ME', 'XX'][i]).join('|')})\\b`,
		);
		const unfinished = offenders([...sources, ...tests], ({ text }) =>
			marks.test(text) ? 'has a mark of something unfinished; finish it or take it out' : null,
		);
		const off = offenders(tests, (source) =>
			/\b(?:it|test|describe)\.(?:only|todo)\b|\b(?:it|test|describe)\.skip\(/.test(codeOf(source))
				? 'switches a test off; repair it, or use skipIf with a name that says why'
				: null,
		);
		expect([...unfinished, ...off]).toEqual([]);
	});

	it('mirrors a room by each folder of unit tests', () => {
		const rooms = ['scripts', 'fuzz', 'simulation', ...sources.flatMap(({ path }) => path.split('/').slice(0, -1))];
		const strange = readdirSync(join(root, 'test/unit'), { withFileTypes: true })
			.filter(
				(entry) =>
					entry.isDirectory() && !rooms.some((room) => entry.name === room || entry.name.startsWith(`${room}-`)),
			)
			.map((entry) => entry.name);
		expect(strange, 'name it after the folder whose code it tests').toEqual([]);
	});

	it('documents exactly the errors it has', () => {
		const rows = [...read('ARCHITECTURE.md').matchAll(/^\| `([A-Z_]+)` \|[^|]*\| (\w+) \| (\d+) \|$/gm)];
		const table = Object.fromEntries(
			rows.map(([, code, disposition, exit]) => [code, { disposition, exit: Number(exit) }]),
		);
		const registry = Object.entries(errorKinds).map(([code, { disposition, exit }]) => [code, { disposition, exit }]);
		expect(table, 'ARCHITECTURE.md and shared/ports/errors.ts say different things').toEqual(
			Object.fromEntries(registry),
		);
	});
});
