/** add, edit, move, delete: what changes items. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Input } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand, type Options } from './define-command.ts';
import { printChange } from './item-lines.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';

type Changes = Omit<Input<'item.edit'>, 'project' | 'item' | 'title'>;

export function registerWork(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'add <title...>',
		summary: 'Add an item; it starts by itself when its dependencies are done and a node has room',
		group: 'Work',
		examples: [
			'gangline add "Fix the login redirect"',
			'gangline add "Format everything" --type refactor --run "npm run format"',
			'gangline add "Use the new client" --depends-on 12 --hold',
			'gangline add "Write the importer" --file plan.md --agent claude',
		],
		configure: (command) =>
			itemOptions(command)
				.option('--hold', 'do not start it by itself')
				.option('--upcoming', 'an idea: not ready to be worked on'),
		run: async (session, args, options) => {
			const title = args.rest(0).join(' ');
			const upcoming = options.flag('upcoming') ? { upcoming: true } : {};
			printChange(session, await session.ask('item.add', { title, ...(await fields(session, options)), ...upcoming }));
			return undefined;
		},
	});
	defineCommand(program, context, {
		usage: 'edit <item>',
		summary: 'Change fields of an item; what is not named stays',
		group: 'Work',
		examples: [
			'gangline edit 12 --title "Fix both redirects"',
			'gangline edit 12 --no-hold',
			'gangline edit 12 --file plan.md',
		],
		configure: (command) =>
			itemOptions(command)
				.option('--title <line>', 'another title')
				.option('--hold', 'do not start it by itself')
				.option('--no-hold', 'let it start by itself')
				.option('--no-agent', "the project's default agent")
				.option('--no-parent', 'belongs to no epic')
				.option('--no-depends-on', 'waits for nothing')
				.option('--no-label', 'has no labels')
				.option('--no-review', "the project's review mode"),
		run: async (session, args, options) => {
			const title = options.text('title');
			const changes = { ...(title === undefined ? {} : { title }), ...(await fields(session, options)) };
			if (Object.keys(changes).length === 0) {
				throw ganglineError('INVALID_ARGUMENT', 'nothing to change was named', {
					hint: 'gangline edit --help lists what can be changed',
				});
			}
			printChange(session, await session.ask('item.edit', { item: args.required(0), ...changes }));
			return undefined;
		},
	});
	registerMove(program, context);
	registerDelete(program, context);
}

function registerMove(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'move <item> <to>',
		summary: 'Move an item by an event (start, freeze, block, …) or to a column or stage',
		group: 'Work',
		examples: [
			'gangline move 12 start',
			'gangline move 12 block --reason "waits for the vendor"',
			'gangline move 12 backlog',
			'gangline move 12 supersede --by 15',
		],
		configure: (command) =>
			command
				.option('--reason <line>', 'why, one line')
				.option('--by <item>', 'of supersede: the item that replaces it')
				.option('--force', 'start although a dependency is not done'),
		run: async (session, args, options) => {
			const reason = options.text('reason');
			const by = options.text('by');
			const { moveWords } = await import('../../shared/operations/move-words.ts');
			const to = moveWords.find((word) => word === args.required(1));
			if (to === undefined) throw await unknownMove(args.required(1), moveWords);
			const force = options.flag('force');
			const changed = await session.ask('item.move', {
				item: args.required(0),
				to,
				...(reason === undefined ? {} : { reason }),
				...(by === undefined ? {} : { by }),
				...(force ? { force } : {}),
			});
			printChange(session, changed);
			return undefined;
		},
	});
}

async function unknownMove(typed: string, words: readonly string[]): Promise<Error> {
	const { nearest } = await import('../../shared/operations/nearest.ts');
	const near = nearest(typed, words);
	if (typed === 'approve' || typed === 'requestChanges' || typed === 'qa' || typed === 'reviewHold') {
		const hint = 'gangline approve lands what you have read, gangline reject asks for changes';
		return ganglineError('INVALID_ARGUMENT', `items are not moved to ${typed} by hand`, { hint });
	}
	return ganglineError('INVALID_ARGUMENT', `${JSON.stringify(typed)} is no event, column or stage`, {
		hint: near === null ? `expected one of ${words.join(', ')}` : `did you mean ${near}?`,
	});
}

function registerDelete(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'delete <item>',
		summary: 'Delete an item for good; its agent is stopped and its work kept on a salvage ref',
		group: 'Work',
		examples: ['gangline delete 12', 'gangline delete 12 --yes'],
		run: async (session, args) => {
			const { item } = await session.ask('item.show', { item: args.required(0) });
			const busy = item.holder === null ? '' : ' Someone works on it and is stopped.';
			if (!(await session.confirm(`Delete ${item.name} (${plainLine(item.title)}) for good?${busy}`))) {
				session.out.message('nothing was deleted');
				return 130;
			}
			const gone = await session.ask('item.delete', { item: item.key });
			session.out.result(gone, () =>
				[plainLine(gone.answer), ...gone.kept.map(({ ref, commit }) => `  kept: ${ref} (${commit.slice(0, 10)})`)].join(
					'\n',
				),
			);
			return undefined;
		},
	});
}

/** The options that `add` and `edit` share. */
function itemOptions(command: Command): Command {
	const gather = (value: string, before: unknown): readonly string[] => [
		...(Array.isArray(before) ? before : []),
		value,
	];
	return command
		.option('-t, --type <type>', 'story, bug, refactor, spike or epic')
		.option('-d, --description <text>', 'what is wanted')
		.option('-F, --file <path>', 'read the description from a file, - is stdin')
		.option('-r, --run <script>', 'the shell script that does it, without any agent (repeat for more lines)', gather)
		.option('--depends-on <item>', 'start after this item (repeatable, or 3,5)', gather)
		.option('--parent <item>', 'the epic it belongs to')
		.option('-l, --label <label>', 'a label (repeatable)', gather)
		.option('-a, --agent <name>', 'the configured agent that does it')
		.option('--review <mode>', 'human (you approve it), server (it lands when it is green) or agent (QA passes it)');
}

/** What the options say of an item; `--no-x` says null or nothing. */
async function fields(session: Session, options: Options): Promise<Changes> {
	const changes: { -readonly [Key in keyof Changes]: Changes[Key] } = {};
	const type = options.text('type');
	if (type !== undefined) changes.type = await oneOf('type', type);
	const description = await describedBy(session, options);
	if (description !== undefined) changes.description = description;
	const dependsOn = listOrNone(options, 'dependsOn')?.flatMap((text) => text.split(/[\s,]+/).filter(Boolean));
	if (dependsOn !== undefined) changes.dependsOn = dependsOn;
	const labels = listOrNone(options, 'label');
	if (labels !== undefined) changes.labels = [...labels];
	const hold = options.choice('hold');
	if (hold !== undefined) changes.hold = hold;
	const parent = textOrNone(options, 'parent');
	if (parent !== undefined) changes.parent = parent;
	const agent = textOrNone(options, 'agent');
	if (agent !== undefined) changes.agent = agent;
	const review = textOrNone(options, 'review');
	if (review !== undefined) changes.review = review === null ? null : await oneOf('review', review);
	return changes;
}

async function describedBy(session: Session, options: Options): Promise<string | undefined> {
	const [text, file, script] = [options.text('description'), options.text('file'), options.list('run')];
	if (text !== undefined && file !== undefined) {
		throw ganglineError('INVALID_ARGUMENT', '--description and --file both say what is wanted: expected one of them');
	}
	const written = file === undefined ? text : await readDescription(session.context, file);
	if (script === undefined) return written;
	return [...(written === undefined ? [] : [written.trimEnd(), '']), fenced(script.join('\n')), ''].join('\n');
}

async function readDescription(context: CliContext, file: string): Promise<string> {
	if (file === '-') return context.stdin.readAll();
	return readFile(resolve(context.cwd, file), 'utf8').catch((cause: unknown) => {
		throw ganglineError('INVALID_ARGUMENT', `the description cannot be read from ${JSON.stringify(file)}`, {
			cause,
			hint: 'name a file that is there, or - for stdin',
			data: { why: cause instanceof Error ? cause.message : String(cause) },
		});
	});
}

/** A sh block whose fence is longer than any in the script. */
function fenced(script: string): string {
	const longest = Math.max(2, ...[...script.matchAll(/`+/g)].map(([ticks]) => ticks.length));
	const fence = '`'.repeat(longest + 1);
	return `${fence}sh\n${script.trimEnd()}\n${fence}`;
}

function listOrNone(options: Options, name: string): readonly string[] | undefined {
	return options.choice(name) === false ? [] : options.list(name);
}

function textOrNone(options: Options, name: string): string | null | undefined {
	return options.choice(name) === false ? null : options.text(name);
}

const choices = {
	type: ['story', 'bug', 'refactor', 'spike', 'epic'],
	review: ['human', 'server', 'agent'],
} as const;

async function oneOf<Name extends keyof typeof choices>(
	name: Name,
	typed: string,
): Promise<(typeof choices)[Name][number]> {
	const known: readonly (typeof choices)[Name][number][] = choices[name];
	const found = known.find((word) => word === typed);
	if (found !== undefined) return found;
	const { nearest } = await import('../../shared/operations/nearest.ts');
	const near = nearest(typed, known);
	throw ganglineError('INVALID_ARGUMENT', `--${name} ${JSON.stringify(typed)}: expected ${known.join(', ')}`, {
		...(near === null ? {} : { hint: `did you mean ${near}?` }),
	});
}
