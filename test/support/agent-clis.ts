/**
 * The real `claude` and `codex` programs and an agent that speaks ACP for tests, at pinned versions, in a cache folder
 * of the user: 0.9 GB that a package of this project must not bring. Installed once by npm; nothing of it is in
 * package.json.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { versionsSeen } from '../../shared/project/index.ts';

const pinned = {
	'@anthropic-ai/claude-code': versionsSeen['claude-code'],
	'@openai/codex': versionsSeen.codex,
} as const;
/** It brings a second `claude` unless it is told not to; it is given the first. */
const pinnedAcp = { name: '@agentclientprotocol/claude-agent-acp', version: '0.100.0' } as const;
const installMsMax = 240_000;

export interface AgentClis {
	/** Folders with `claude`, `codex` and `claude-agent-acp`, for PATH. */
	readonly bin: string;
	/** What the ACP agent needs in its environment. */
	readonly acpEnv: Readonly<Record<string, string>>;
}

/** Installs what is missing. An install that was cut short leaves nothing that could be taken for a whole one. */
export async function installAgentClis(): Promise<AgentClis> {
	const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gangline-test-agents');
	const folder = join(cache, Object.values(pinned).join('-'));
	const packages = Object.entries(pinned).map(([name, version]) => `${name}@${version}`);
	await install(folder, packages);
	const acp = join(cache, `claude-agent-acp-${pinnedAcp.version}`);
	await install(acp, ['--omit=optional', `${pinnedAcp.name}@${pinnedAcp.version}`]);
	const bins = [folder, acp].map((one) => join(one, 'node_modules', '.bin'));
	return {
		bin: bins.join(':'),
		acpEnv: {
			CLAUDE_CODE_EXECUTABLE: join(folder, `node_modules/@anthropic-ai/claude-code-linux-${process.arch}/claude`),
		},
	};
}

async function install(folder: string, packages: readonly string[]): Promise<void> {
	if (existsSync(folder)) return;
	const fresh = `${folder}.${process.pid}`;
	mkdirSync(fresh, { recursive: true });
	try {
		const options = ['--prefix', fresh, '--no-audit', '--no-fund', '--loglevel=error'];
		// Not the synchronous one: the test runner must hear of this process while npm works for minutes.
		await promisify(execFile)('npm', ['install', ...options, ...packages], { timeout: installMsMax });
		renameSync(fresh, folder);
	} catch (error) {
		rmSync(fresh, { recursive: true, force: true });
		// Another run may have been quicker; then its folder is as good.
		if (!existsSync(folder)) throw error;
	}
}
