/**
 * A stranger's machine on which a real agent program works, and a model that does what each item's title says: the
 * repository, the environment of a person with an endpoint of their own, and the turns that scripts are made of.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Board, ItemAnswer } from '../../shared/operations/index.ts';
import type { AgentClis } from './agent-clis.ts';
import type { Asked, ModelServer, Turn } from './model-server.ts';
import { configureCodex } from './runtime-bench.ts';
import { makeWorld, type World } from './world.ts';

/** So long npm may take for the programs. */
export const installMsMax = 300_000;

export interface AgentKind {
	readonly name: string;
	readonly runtime: 'claude-code' | 'codex' | 'acp';
	/** Lines of the `[[agent]]` besides its name and runtime. */
	readonly settings: string;
}

const shop = {
	'sum.sh': '#!/bin/sh\necho 0\n',
	'check.sh':
		'#!/bin/sh\nsum=$(./sum.sh 2 3)\n[ "$sum" = 5 ] || [ "$sum" = 0 ] || { echo "5 expected, got $sum"; exit 1; }\n',
	'README.md': '# shop\n',
	'AGENTS.md': 'Say what you did.\n',
};

/** What a person has in the environment of a machine with an endpoint of its own, for all programs. */
export function endpoint(model: ModelServer): Record<string, string> {
	return {
		ANTHROPIC_BASE_URL: model.url,
		CLAUDE_CODE_OAUTH_TOKEN: 'token-of-the-test',
		CLAUDE_CODE_MAX_RETRIES: '0',
		MOCK_PROVIDER_KEY: 'key-of-the-test',
	};
}

export function agentWorld(clis: AgentClis, model: ModelServer): World {
	const path = `${clis.bin}:${process.env.PATH}`;
	const world = makeWorld({ PATH: path, GANGLINE_SLOTS: '4', ...endpoint(model), ...clis.acpEnv });
	configureCodex(world.home, model);
	return world;
}

/** A repository with the agent in its project file, initialised and started. */
export async function openShop(
	world: World,
	{ name, runtime, settings }: AgentKind,
	more = '',
	review: 'human' | 'server' = 'human',
): Promise<string> {
	const repository = world.repository('my shop', shop);
	await world.ok(repository, 'init', '--yes', '--no-input', '--review', review, '--gate', 'check=./check.sh');
	const file = join(repository, '.gangline', 'project.toml');
	writeFileSync(file, readFileSync(file, 'utf8').replace(/^slots = .*$/m, 'slots = 4'));
	appendFileSync(file, `\n[[agent]]\nname = "${name}"\nruntime = "${runtime}"\n${settings}${more}`);
	world.git(repository, 'commit', '-q', '-am', `Let ${name} work here`);
	await world.ok(repository, 'start');
	return repository;
}

export function itemOf(board: Board, number: number): ItemAnswer {
	const item = board.items.find((one) => one.number === number);
	if (!item) throw new Error(`no item ${number}`);
	return item;
}

export const run = (command: string): Turn => ({ kind: 'run', command });

export const commit = (command: string): Turn =>
	run(`${command} && git add -A && git commit -q -m "agent: work" && git log -1`);

export const done: Turn = { kind: 'say', text: 'All done, everything works.' };

/** Makes `sum.sh` print the expression. */
export const sum = (expression: string): string => `printf '#!/bin/sh\\necho $((${expression}))\\n' > sum.sh`;

/** Does `turn` once a session, then says that it is done. */
export const once =
	(turn: (asked: Asked) => Turn) =>
	(asked: Asked): Turn =>
		asked.results.length > 0 ? done : turn(asked);

/** The model: each item's title says what it does. What a program asks for itself, such as a title, gets words. */
export function scripted(scripts: Readonly<Record<string, (asked: Asked) => Turn>>): (asked: Asked) => Turn {
	return (asked) => {
		if (!asked.hasTools) return { kind: 'say', text: '{"title":"x"}' };
		const script = Object.entries(scripts).find(([title]) => asked.prompt.includes(title))?.[1];
		if (!script) throw new Error(`nobody wrote what to do for: ${asked.prompt}`);
		return script(asked);
	};
}

/** What the item `Add two numbers` is: what each of its sessions has to be told, in the order in which they come. */
export const twoNumbers = {
	title: 'Add two numbers',
	description: 'The words of the item, in full.',
	/** What `check.sh` says of the first try. */
	failure: '5 expected, got 6',
	/** What a person says of the second. */
	asked: 'put a space around the sign',
} as const;

/**
 * The model of that item: a wrong sum, a right one, one with spaces. It refuses to go on, which fails the run, with a
 * session that was not told all that it must be told by then: the item's words, the guide, the gates, the output of the
 * try that failed, what a person said.
 */
export function sumAsTold(): (asked: Asked) => Turn {
	const { description, failure, asked } = twoNumbers;
	const always = [description, 'Read `AGENTS.md`', '`./check.sh`'];
	const tries = [
		{ needs: always, lacks: [failure, asked], does: sum('$1*$2') },
		{ needs: [...always, failure], lacks: [asked], does: sum('$1+$2') },
		{ needs: [...always, asked], lacks: [], does: sum('$1 + $2') },
	];
	let begun = 0;
	return once(({ prompt }) => {
		const due = tries[begun];
		if (due === undefined) throw new Error(`a session too many was begun: ${prompt}`);
		for (const part of due.needs) {
			if (!prompt.includes(part)) throw new Error(`session ${begun + 1} was not told ${part}: ${prompt}`);
		}
		for (const part of due.lacks) {
			if (prompt.includes(part)) throw new Error(`session ${begun + 1} was told ${part} too early: ${prompt}`);
		}
		begun += 1;
		return commit(due.does);
	});
}
