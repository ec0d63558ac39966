/** Doors for people: the project's file, the environment, and every command of the command line with its options. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '../../../gateway/cli/context.ts';
import { buildProgram } from '../../../gateway/cli/program.ts';
import { run } from '../../../gateway/cli/run.ts';
import { readConfig as readGatewayConfig } from '../../../gateway/config.ts';
import { readConfig as readNodeConfig } from '../../../node/config.ts';
import { type ErrorCode, ganglineError } from '../../../shared/ports/index.ts';
import { SystemClock } from '../../../shared/ports/system/index.ts';
import {
	parseProjectConfig,
	projectConfigSchema,
	renderProjectConfig,
	setReviewMode,
} from '../../../shared/project/index.ts';
import { projectOne } from '../facts.ts';
import { noStreams } from '../no-streams.ts';
import type { Workplace } from '../terminal.ts';
import type { Dice } from './dice.ts';
import type { Door } from './door.ts';
import { spoilText } from './json.ts';
import { textFrom } from './makers.ts';
import { valuesOf } from './schema-values.ts';

const rendered = renderProjectConfig(
	projectConfigSchema.parse({
		...{ id: projectOne, name: 'shop', branch: 'main' },
		gate: [{ name: 'test', kind: 'test', command: 'npm test' }],
		agent: [{ name: 'claude', runtime: 'claude-code', max_cost_usd: 2 }],
	}),
);
const written = [
	rendered,
	`id = "${projectOne}"\nname = 'shop'\nbranch = "main"\nreview.mode = "human"\n[[gate]]\nname = "a"\ncommand = """x\ny"""\n[work]\nslots = 0x10\ncaches = ["a", 'b']\n`,
	`id = "${projectOne}"\nname = "shop"\nbranch = "main"\nagent = [{ name = "s", runtime = "shell" }]\n[landing]\nmode = "push"\nat = 1979-05-27T07:32:00Z\n`,
];

export function settingDoors(place: Workplace): readonly Door[] {
	return [...fileDoors(), ...environmentDoors(), commandDoor(place)];
}

function fileDoors(): readonly Door[] {
	// Deep tables cost smol-toml's own stack, which it reports; wide ones are bounded by the size of the file.
	const make = textFrom(written, 256 * 1024);
	const values = valuesOf(projectConfigSchema);
	return [
		{
			name: 'a project file',
			covers: ['shared/project/parse.ts', 'shared/project/key-positions.ts', 'shared/project/config.ts'],
			weight: 2,
			make,
			feed: (text: string) => parseProjectConfig(text),
		},
		{
			name: 'a project file whose review mode is changed',
			covers: ['shared/project/set-review-mode.ts'],
			make,
			feed: (text: string) => {
				parseProjectConfig(text);
				return setReviewMode(text, 'server');
			},
		},
		{
			name: 'settings that are written and read again',
			covers: ['shared/project/render.ts'],
			make: (dice: Dice) => values(dice),
			feed: (value: unknown) => {
				const parsed = projectConfigSchema.safeParse(value);
				if (!parsed.success) throw ganglineError('INVALID_CONFIG', 'no settings');
				return parseProjectConfig(renderProjectConfig(parsed.data));
			},
		},
	];
}

const sharedNames = ['GANGLINE_HOME', 'GANGLINE_LOG'];
const nodeNames = [
	...[...sharedNames, 'GANGLINE_PORT', 'GANGLINE_MALLOC', 'GANGLINE_SLOTS', 'GANGLINE_NAME'],
	...[
		'GANGLINE_CACHES',
		'GANGLINE_GIVEN',
		'GANGLINE_JOIN_FILE',
		'GANGLINE_PROJECT',
		'GANGLINE_SSH_FOLDER',
		'GANGLINE_SSH_PORT',
	],
];
const gatewayNames = [
	...[...sharedNames, 'GANGLINE_GATEWAY_PORT', 'GANGLINE_MESH_PORT', 'GANGLINE_BUILDS_PORT'],
	...[
		'GANGLINE_GATEWAY_NAME',
		'GANGLINE_PROVISIONER',
		'GANGLINE_SWARM_CONSTRAINT',
		'GANGLINE_BASE_IMAGE',
		'GANGLINE_HOST_PORTS',
	],
];
const ownNames = [
	...new Set([...nodeNames, ...gatewayNames]),
	...['XDG_STATE_HOME', 'HOME', 'USER', 'PATH', 'DOCKER_HOST', '__proto__'],
];

function environmentDoors(): readonly Door[] {
	const value = textFrom([
		'7420',
		'info',
		'2',
		'laptop',
		'/home/ada',
		'0',
		'65535',
		'/usr/bin:/bin',
		'unix:///x.sock',
		'{"A":"b"}',
	]);
	const make = (dice: Dice): NodeJS.ProcessEnv =>
		Object.fromEntries(Array.from({ length: 1 + dice.below(5) }, () => [dice.pick(ownNames), value(dice)]));
	return [
		{
			name: 'the environment of a node',
			covers: ['node/config.ts', 'shared/project/state-folder.ts', ...nodeNames],
			make,
			feed: (env: NodeJS.ProcessEnv) => readNodeConfig({ HOME: '/x', ...env }),
		},
		{
			name: 'the environment of a gateway',
			covers: ['gateway/config.ts', ...gatewayNames],
			make,
			feed: (env: NodeJS.ProcessEnv) => readGatewayConfig({ HOME: '/x', ...env }, 'ada'),
		},
	];
}

/** They change the machine, go on, or start programs: asked for help and with options that are none. */
const onlyParsed = ['init', 'doctor', 'service', 'agent', 'start', 'restore', 'gateway', 'version'];

interface Typed {
	readonly name: string;
	readonly options: readonly string[];
	readonly isOnlyParsed: boolean;
}

/** Every command there is, as deep as they go. */
export function commandsOf(program: Command, path: readonly string[] = []): readonly Typed[] {
	return program.commands.flatMap((command): readonly Typed[] => {
		const name = [...path, command.name()];
		const options = command.options.map(({ long, short }) => long ?? short ?? '');
		return [
			{ name: name.join(' '), options, isOnlyParsed: onlyParsed.includes(name[0] ?? '') },
			...commandsOf(command, name),
		];
	});
}

const words = [
	'1',
	'12',
	'#1',
	'~laptop-1',
	'shop',
	'words',
	'-',
	'--',
	'-1',
	'freeze',
	'ada',
	'laptop',
	'2h',
	'gl1_abc',
	'/nowhere/file',
	'',
];

function commandDoor({ state, checkout }: Workplace): Door<readonly string[]> {
	const home = join(checkout, 'home');
	mkdirSync(home, { recursive: true });
	writeFileSync(join(home, 'file'), 'x');
	const told: string[] = [];
	const context = (interrupted: AbortSignal): CliContext => ({
		env: { GANGLINE_HOME: state, HOME: home, PATH: '/nonexistent', TERM: 'dumb', NO_COLOR: '1' },
		cwd: checkout,
		stdin: { isTTY: false, readAll: async () => 'gl1_abc' },
		stdout: { isTTY: false, columns: undefined, write: () => {} },
		stderr: { isTTY: false, columns: undefined, write: (text) => void told.push(text) },
		clock: new SystemClock(),
		terminal: { confirm: async () => false },
		programs: {
			find: async () => null,
			run: async () => 1,
			startDetached: async () => ({ pid: 1, exited: Promise.resolve('it ended with 1'), end: () => {} }),
			lives: async () => true,
		},
		...{ nodeCommand: ['/bin/false'], streams: noStreams, gatewayCommand: ['/bin/false'], interrupted },
	});
	const commands = commandsOf(buildProgram(context(new AbortController().signal), '0.1.0'));
	return {
		name: 'words that are typed',
		// A command has a process of its own.
		msMax: 500,
		covers: commands.map(({ name }) => `command ${name}`),
		weight: 0.25,
		make: (dice) => {
			const { name, options, isOnlyParsed } = dice.pick(commands);
			const option = (): string =>
				options.length > 0 && !dice.once(4)
					? dice.pick(options)
					: dice.pick(['--json', '--yes', '--project', '--no-input', '--zz', '-']);
			const word = (): string => (dice.once(2) ? dice.pick(words) : spoilText(dice, dice.pick(words)));
			const typed = Array.from({ length: dice.below(5) }, () => (dice.once(3) ? option() : word()));
			return [...name.split(' '), ...typed, ...(isOnlyParsed ? ['--no-such-option'] : []), '--json'];
		},
		feed: async (argv) => {
			told.length = 0;
			const interruption = new AbortController();
			const timer = setTimeout(() => interruption.abort(), 500);
			const code = await run(argv, context(interruption.signal)).finally(() => clearTimeout(timer));
			if (code === 0) return;
			const said = told.join('');
			const found = /"code":\s*"([A-Z_]+)"/.exec(said)?.[1];
			if (found === 'INTERNAL') throw new Error(said.slice(0, 3_000));
			throw ganglineError((found ?? 'INVALID_ARGUMENT') as ErrorCode, said.slice(0, 500));
		},
		close: () => Promise.resolve(),
	};
}
