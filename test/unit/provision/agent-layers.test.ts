import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentsNamed, chooseAgents, readAgentLayers } from '../../../shared/provision/agent-layers.ts';
import { planImage } from '../../../shared/provision/image-plan.ts';

const docker = fileURLToPath(new URL('../../../docker', import.meta.url));
const layers = await readAgentLayers(join(docker, 'agents'));
const names = (chosen: readonly { readonly runtime: string }[]): readonly string[] =>
	chosen.map(({ runtime }) => runtime);

describe('programs of agents in an image', () => {
	it('are each pinned to a version and checked by a hash, for both kinds of processors', () => {
		expect(names(layers)).toEqual(['claude-code', 'codex']);
		for (const { dockerfile } of layers) {
			expect(dockerfile).toMatch(/npm-tool @\S+ \d+\.\d+\.\d+/);
			expect(dockerfile.match(/\b[0-9a-f]{128}\b/g)).toHaveLength(2);
		}
	});

	it('are those that were asked for, otherwise those that the project names', () => {
		expect(names(chooseAgents(layers, ['codex'], ['claude-code']))).toEqual(['codex']);
		expect(names(chooseAgents(layers, null, ['claude-code', 'shell', 'acp']))).toEqual(['claude-code']);
		expect(chooseAgents(layers, [], ['claude-code'])).toEqual([]);
		expect(() => chooseAgents(layers, ['gemini'], [])).toThrow(/no image has a program of an agent "gemini"/);
	});

	it('come before Gangline itself, and make the image another one', async () => {
		const parts = { baseImage: 'debian', docker, stack: null, program: [] };
		const bare = await planImage(parts);
		const [claude] = layers;
		const filled = await planImage({ ...parts, agents: layers });
		expect(filled.tag).not.toBe(bare.tag);
		expect(bare.dockerfile).not.toContain('claude');
		const at = filled.dockerfile.indexOf(claude?.dockerfile.trim() ?? '?');
		expect(at).toBeGreaterThan(0);
		expect(at).toBeLessThan(filled.dockerfile.indexOf('COPY app'));
	});
});

describe('the agents of a repository', () => {
	let folder: string;
	const environment = { PATH: process.env.PATH ?? '', HOME: tmpdir() };
	const git = (...args: string[]): void => {
		const who = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org'];
		execFileSync('git', ['-C', folder, ...who, ...args], { stdio: 'ignore' });
	};
	const commit = (text: string): void => {
		writeFileSync(join(folder, '.gangline/project.toml'), text);
		git('add', '-A');
		git('commit', '-qm', 'project file');
	};
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), 'gangline agents '));
		mkdirSync(join(folder, '.gangline'));
		git('init', '-q', '-b', 'main');
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	it('are none before there is a commit, and none of a file that cannot be read', async () => {
		expect(await agentsNamed(folder, environment)).toEqual([]);
		commit('name = [');
		expect(await agentsNamed(folder, environment)).toEqual([]);
	});

	it('are those of its committed project file', async () => {
		const head = 'id = "01M7ZWVNRC55J9QS7F6SS43TQJ"\nname = "shop"\nbranch = "main"\n';
		commit(`${head}[[agent]]\nname = "claude"\nruntime = "claude-code"\n`);
		writeFileSync(join(folder, '.gangline/project.toml'), head);
		expect(await agentsNamed(folder, environment)).toEqual(['claude-code']);
	});
});
