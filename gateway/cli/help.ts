/** Help as people read it: what it is, examples first, then usage and options; the root also lists groups and exit codes. */
import type { Command, Help, Option } from 'commander';
import { examplesFor } from './define-command.ts';

/** What the process ends with; a test holds it against the registry of errors. */
export const exitCodeWords: Readonly<Record<number, string>> = {
	0: 'done',
	1: 'failed',
	2: 'wrong usage or arguments',
	3: 'there is no such thing',
	4: 'refused: the state of things does not allow it',
	5: 'this machine, repository or configuration is not fit for it',
	6: 'nothing answers or it is busy: try again',
	7: 'not allowed',
	8: 'main is red',
	130: 'interrupted',
};

type Rows = readonly (readonly [string, string])[];
type Table = (heading: string, rows: Rows) => string;

export function formatHelp(command: Command, helper: Help): string {
	const table: Table = (heading, rows) => tableOf(helper, heading, rows);
	const sections = [
		helper.boxWrap(command.description(), helper.helpWidth ?? Number.POSITIVE_INFINITY),
		list('Examples:', examplesFor(command)),
		`Usage: ${helper.commandUsage(command)}`,
		table(
			'Arguments:',
			helper.visibleArguments(command).map((one) => [one.name(), one.description] as const),
		),
		...commandSections(command, helper, table),
		table('Options:', optionRows(helper.visibleOptions(command))),
		table('Everywhere:', optionRows(helper.visibleGlobalOptions(command))),
		command.parent === null ? table('Exit codes:', Object.entries(exitCodeWords)) : '',
		command.parent === null ? '`gangline <command> --help` says more about each.' : '',
	];
	return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function commandSections(command: Command, helper: Help, table: Table): readonly string[] {
	const groups = new Map<string, (readonly [string, string])[]>();
	for (const one of helper.visibleCommands(command)) {
		const group = one.helpGroup() || 'Other:';
		groups.set(group, [...(groups.get(group) ?? []), [one.name(), one.description()]]);
	}
	return [...groups].map(([group, rows]) => table(group, rows));
}

function optionRows(options: readonly Option[]): Rows {
	return options.map((option) => [option.flags, option.description] as const);
}

function list(heading: string, lines: readonly string[]): string {
	return lines.length === 0 ? '' : [heading, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** On a terminal its lines end between words. */
function tableOf(helper: Help, heading: string, rows: Rows): string {
	const width = Math.max(...rows.map(([name]) => name.length), 0);
	return rows.length === 0
		? ''
		: [heading, ...rows.map(([name, words]) => helper.formatItem(name, width, words, helper))].join('\n');
}
