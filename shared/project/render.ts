/**
 * A `ProjectConfig` as the file that `gangline init` shows and commits: every section explained in a line, in a fixed
 * order. What it writes, the parser reads back as the same value.
 */
import { stringify } from 'smol-toml';
import { type AgentConfig, agentSchema, type GateConfig, gateSchema, type ProjectConfig } from './config.ts';

/** The commented TOML text of a configuration. */
export function renderProjectConfig(config: ProjectConfig): string {
	const sections = [
		head(config),
		table(
			'review',
			'"human": you approve each change. "server": it lands when its gates pass. "agent": when a QA agent passes it too.',
			[['mode', config.review.mode]],
		),
		table('landing', '"local": only here. "push": also to the remote. "pull-request": a branch and a pull request.', [
			['mode', config.landing.mode],
			['remote', config.landing.remote],
		]),
		table('work', 'Whether ready items start by themselves, how many at once, and what cleaning keeps.', [
			['auto_start', config.work.auto_start],
			['slots', config.work.slots],
			['lost_after_seconds', config.work.lost_after_seconds],
			['caches', config.work.caches],
		]),
		run(config),
		...budget(config),
		table(
			'setup',
			'Runs once in each new clone, and again when a lockfile has changed; `copy` brings untracked files.',
			[
				['commands', config.setup.commands],
				['copy', config.setup.copy],
				['lockfiles', config.setup.lockfiles],
				['timeout_seconds', config.setup.timeout_seconds],
			],
		),
		gates(config.gate),
		agents(config.agent),
	];
	return `${sections.join('\n\n')}\n`;
}

function run({ run: { command, ready_seconds } }: ProjectConfig): string {
	const explained = "Starts the project's program on $PORT, to try a change: gangline preview, QA agents.";
	const example = command === undefined ? ['# command = "npm start"'] : [];
	const set: readonly Line[] = command === undefined ? [] : [['command', command]];
	return [table('run', explained, [...set, ['ready_seconds', ready_seconds]]), ...example].join('\n');
}

function budget({ budget: { grant_usd, ...limits } }: ProjectConfig): string[] {
	const set = Object.entries(limits).flatMap(([key, value]): Line[] => (value === undefined ? [] : [[key, value]]));
	const explained = 'USD that agents may spend; what one grant gets where its agent has no max_cost_usd.';
	return [table('budget', explained, [...set, ['grant_usd', grant_usd]])];
}

type Line = readonly [key: string, value: string | number | boolean | boolean | readonly string[]];

function head(config: ProjectConfig): string {
	return [
		'# What Gangline knows about this project. It is read from the landed main branch; change it like any other file.',
		'# `gangline doctor` checks it and names the line of a mistake.',
		'',
		'# The id stays the same for ever, on every machine. The branch is the one that changes land on.',
		...lines([
			['id', config.id],
			['name', config.name],
			['branch', config.branch],
		]),
	].join('\n');
}

function table(name: string, explained: string, entries: readonly Line[]): string {
	return [`# ${explained}`, `[${name}]`, ...lines(entries)].join('\n');
}

function gates(configured: readonly GateConfig[]): string {
	const explained = '# A gate is a command that must pass before a change lands. Gangline runs it, never the agent.';
	if (configured.length === 0) {
		const example = ['# [[gate]]', '# name = "test"', '# kind = "test"', '# command = "make test"'];
		return [`${explained}`, '# There is none yet, so every change waits for a person.', ...example].join('\n');
	}
	const fallback = gateSchema.parse({ name: 'x', command: 'x' });
	const tables = configured.map((gate) => {
		const limits = differing(gate, fallback, ['timeout_seconds', 'flaky_runs', 'pre_commit']);
		const secrets: readonly Line[] = gate.secrets.length === 0 ? [] : [['secrets', gate.secrets]];
		return [
			'[[gate]]',
			...lines([['name', gate.name], ['kind', gate.kind], ['command', gate.command], ...limits, ...secrets]),
		];
	});
	return [explained, tables.map((entry) => entry.join('\n')).join('\n\n')].join('\n');
}

function agents(configured: readonly AgentConfig[]): string {
	const explained =
		'# An agent does the work of an item. Without one, only items with a fenced `sh` block can be worked on.';
	if (configured.length === 0) {
		const example = [
			'# [[agent]]',
			'# name = "claude"',
			'# runtime = "claude-code"   # or "codex"',
			'# max_cost_usd = 5',
			'# env = ["MY_PROVIDER_KEY"]   # names of variables that it needs besides those of its login',
		];
		return [explained, ...example].join('\n');
	}
	const fallback = agentSchema.parse({ name: 'x', runtime: 'shell' });
	const tables = configured.map((agent) => {
		const limits = differing(agent, fallback, [
			'model',
			'mode',
			'permissions',
			'max_turns',
			'max_cost_usd',
			'timeout_seconds',
			'silence_seconds',
			'concurrency',
			'usd_per_million_input_tokens',
			'usd_per_million_output_tokens',
		]);
		const { command = [], accounts, allow, paths = [], env, secrets, labels } = agent;
		const listed = { command, accounts, allow, paths, env, secrets, labels };
		const lists = Object.entries(listed).filter(([, values]) => values.length > 0);
		const who: readonly Line[] = [
			['name', agent.name],
			['role', agent.role],
			['runtime', agent.runtime],
		];
		return ['[[agent]]', ...lines([...who, ...limits, ...lists])];
	});
	return [explained, tables.map((entry) => entry.join('\n')).join('\n\n')].join('\n');
}

function differing<Entry extends GateConfig | AgentConfig>(
	entry: Entry,
	fallback: Entry,
	keys: readonly (keyof Entry & string)[],
): Line[] {
	return keys.flatMap((key): Line[] => {
		const value = entry[key];
		const isWritten = value !== undefined && value !== fallback[key];
		const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
		return isWritten && isPlain ? [[key, value]] : [];
	});
}

function lines(entries: readonly Line[]): string[] {
	return entries.map(([key, value]) => stringify({ [key]: value }).trim());
}
