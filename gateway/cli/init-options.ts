/** The flags of `init`, parsed: each stands for one question, and one that was given is not asked. */
import { type Command, Option } from 'commander';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { GateConfig, ProjectConfig } from '../../shared/project/index.ts';
import { gateKinds } from '../../shared/protocol/work.ts';
import type { Options } from './define-command.ts';

export interface InitOptions {
	readonly branch: string | undefined;
	readonly name: string | undefined;
	readonly review: ProjectConfig['review']['mode'] | undefined;
	readonly landing: ProjectConfig['landing']['mode'] | undefined;
	readonly remote: string | undefined;
	/** Undefined: what was found. Empty: none. */
	readonly setup: readonly string[] | undefined;
	readonly gates: readonly Pick<GateConfig, 'name' | 'kind' | 'command'>[] | undefined;
	readonly copy: readonly string[] | undefined;
	/** Whether set-up and gates are run once at the end. */
	readonly verify: boolean;
}

export function addInitOptions(command: Command): void {
	const several = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];
	command
		.option('--branch <name>', "the branch that changes land on; default: the repository's own")
		.option('--name <name>', "the project's name; default: the folder's")
		.addOption(
			new Option(
				'--review <mode>',
				'who approves a change: human (you) or server (what is green lands); default: human',
			).choices(['human', 'server']),
		)
		.addOption(
			new Option('--landing <mode>', 'where landed changes go: local, push or pull-request; default: local').choices([
				'local',
				'push',
				'pull-request',
			]),
		)
		.option('--remote <name>', 'the remote for push and pull-request; default: origin, or the only one')
		.option('--setup <command>', 'a command that prepares a clone; repeatable; replaces what was found', several)
		.option('--no-setup', 'no set-up')
		.option('--gate <name=command>', 'a command that must pass; repeatable; replaces what was found', several)
		.option('--no-gate', 'no gates: every change waits for a person')
		.option('--copy <file>', 'an untracked file that clones need; repeatable; replaces what was found', several)
		.option('--no-copy', 'copy nothing')
		.option('--no-verify', 'do not run set-up and gates at the end');
}

/** @throws GanglineError INVALID_ARGUMENT for a gate that is not `name=command`. */
export function readInitOptions(options: Options): InitOptions {
	const list = (name: string): readonly string[] | undefined =>
		options.choice(name) === false ? [] : options.list(name);
	return {
		branch: options.text('branch'),
		name: options.text('name'),
		review: oneOf(options.text('review'), ['human', 'server']),
		landing: oneOf(options.text('landing'), ['local', 'push', 'pull-request']),
		remote: options.text('remote'),
		setup: list('setup'),
		gates: parseGates(list('gate')),
		copy: list('copy'),
		verify: options.choice('verify') !== false,
	};
}

function oneOf<Value extends string>(given: string | undefined, known: readonly Value[]): Value | undefined {
	return known.find((value) => value === given);
}

function parseGates(given: readonly string[] | undefined): InitOptions['gates'] {
	const gates = given?.map(parseGate);
	const twin = gates?.find((gate, index) => gates.findIndex(({ name }) => name === gate.name) !== index);
	if (twin === undefined) return gates;
	throw ganglineError(
		'INVALID_ARGUMENT',
		`--gate ${twin.name}=… was given twice; expected a name of its own for each`,
		{
			hint: `for example --gate ${twin.name}=… --gate ${twin.name}-2=…`,
		},
	);
}

function parseGate(text: string): Pick<GateConfig, 'name' | 'kind' | 'command'> {
	const [, name, command] = /^([a-z0-9][a-z0-9._-]{0,62})=(.*\S.*)$/s.exec(text) ?? [];
	if (name !== undefined && command !== undefined) return { name, kind: kindOf(name), command };
	throw ganglineError('INVALID_ARGUMENT', `--gate ${JSON.stringify(text)}: expected name=command`, {
		hint: "for example --gate test='npm test'",
	});
}

/** `test` and `test-unit` are tests; a name that says nothing is `other`. */
function kindOf(name: string): GateConfig['kind'] {
	const word = name.split(/[-._]/)[0];
	return gateKinds.filter((kind) => kind !== 'setup').find((kind) => kind === word) ?? 'other';
}
