/** status, list, show, log, logs: what changes nothing. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { plainLine } from './output.ts';
import { wholeNumber } from './review.ts';

export function registerLooking(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'status',
		summary: 'The board: who works on what, what needs you, and how far origin and your checkout are apart',
		group: 'Look',
		examples: ['gangline status', 'gangline status --json'],
		run: async (session) => {
			const { boardText } = await import('./board-text.ts');
			const board = await session.ask('project.status', {});
			session.out.result(board, () => boardText(session, board));
			return undefined;
		},
	});
	registerList(program, context);
	defineCommand(program, context, {
		usage: 'show <item>',
		summary: 'Everything about one item: text, gates, tries, cost, history',
		group: 'Look',
		examples: ['gangline show 12', 'gangline show 12 --json'],
		run: async (session, args) => {
			const { itemText } = await import('./item-text.ts');
			const shown = await session.ask('item.show', { item: args.required(0) });
			const { item } = shown;
			session.out.result(shown, () => itemText(session, item));
			return undefined;
		},
	});
	defineCommand(program, context, {
		usage: 'log [item]',
		summary: 'What happened, to one item or in the whole project; newest last',
		group: 'Look',
		examples: ['gangline log', 'gangline log 12', 'gangline log --limit 500'],
		configure: (command) => command.option('-n, --limit <number>', 'at most so many', wholeNumber),
		run: async (session, args, options) => {
			const { historyText } = await import('./item-text.ts');
			const [item, limit] = [args.text(0), options.number('limit')];
			const asked = { ...(item === undefined ? {} : { item }), ...(limit === undefined ? {} : { limit }) };
			const history = await session.ask('item.history', asked);
			session.out.result(history, () => historyText(session, history.entries));
			if (history.more) session.out.message('there is more: --limit <number>');
			return undefined;
		},
	});
	registerLogs(program, context);
	registerArchive(program, context);
	defineCommand(program, context, {
		usage: 'search <words...>',
		summary: 'Find items by their words, also those that left the board long ago',
		group: 'Look',
		examples: ['gangline search login redirect', 'gangline search "price of tea" --json'],
		configure: (command) => command.option('-n, --limit <number>', 'at most so many', wholeNumber),
		run: async (session, args, options) => {
			const { hitsText } = await import('./item-lines.ts');
			const limit = options.number('limit');
			const words = args.rest(0).join(' ');
			const found = await session.ask('item.search', { words, ...(limit === undefined ? {} : { limit }) });
			session.out.result(found, () => (found.hits.length === 0 ? 'nothing found' : hitsText(session, found.hits)));
			if (found.more) session.out.message('there is more: --limit <number>');
			return undefined;
		},
	});
}

function registerArchive(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'archive',
		summary: 'What is done, closed or archived, by pages; newest first',
		group: 'Look',
		examples: ['gangline archive', 'gangline archive --page 3 --size 50'],
		configure: (command) =>
			command
				.option('--page <number>', 'which page, 1 is the newest', wholeNumber)
				.option('--size <number>', 'items on a page: 10, 25, 50 or 100', wholeNumber),
		run: async (session, _args, options) => {
			const { archiveText } = await import('./item-lines.ts');
			const page = options.number('page');
			const size = await pageSizeOf(options.number('size'));
			const asked = { ...(page === undefined ? {} : { page }), ...(size === undefined ? {} : { size }) };
			const found = await session.ask('item.archive', asked);
			session.out.result(found, () => archiveText(session, found));
			if (found.partial !== null) session.out.message(plainLine(found.partial));
			return undefined;
		},
	});
}

async function pageSizeOf(typed: number | undefined) {
	if (typed === undefined) return undefined;
	const { archivePageSizes } = await import('../../shared/operations/limits.ts');
	const size = archivePageSizes.find((one) => one === typed);
	if (size !== undefined) return size;
	const { ganglineError } = await import('../../shared/ports/errors.ts');
	throw ganglineError('INVALID_ARGUMENT', `a page has no ${typed} items: expected ${archivePageSizes.join(', ')}`);
}

function registerList(program: Command, context: CliContext): void {
	const gather = (value: string, before: unknown): readonly string[] => [
		...(Array.isArray(before) ? before : []),
		value,
	];
	defineCommand(program, context, {
		usage: 'list',
		summary: 'Items by number',
		group: 'Look',
		examples: ['gangline list', 'gangline list --needs-you', 'gangline list --column done --label ui'],
		configure: (command) =>
			command
				.option('-c, --column <name>', 'only of this column (repeatable)', gather)
				.option('-l, --label <label>', 'only with this label (repeatable)', gather)
				.option('--needs-you', 'only what waits for a person'),
		run: async (session, _args, options) => {
			const { itemsText } = await import('./item-lines.ts');
			const labels = options.list('label');
			const answer = await session.ask('item.list', {
				...(await columnsOf(options.list('column'))),
				...(labels === undefined ? {} : { labels: [...labels] }),
				...(options.flag('needsYou') ? { needsYou: true } : {}),
			});
			session.out.result(answer, () => (answer.items.length === 0 ? 'no items' : itemsText(session, answer.items)));
			return undefined;
		},
	});
}

async function columnsOf(typed: readonly string[] | undefined) {
	if (typed === undefined) return {};
	const { columns: known } = await import('../../shared/pipeline/index.ts');
	const { nearest } = await import('../../shared/operations/nearest.ts');
	const { ganglineError } = await import('../../shared/ports/errors.ts');
	const columns = typed.map((text) => {
		const found = known.find((name) => name === text);
		if (found !== undefined) return found;
		const near = nearest(text, known);
		throw ganglineError('INVALID_ARGUMENT', `${JSON.stringify(text)} is no column: expected ${known.join(', ')}`, {
			...(near === null ? {} : { hint: `did you mean ${near}?` }),
		});
	});
	return { columns };
}

function registerLogs(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'logs <item>',
		summary: 'The output of what worked on an item; -f goes on as it comes',
		group: 'Look',
		examples: ['gangline logs 12', 'gangline logs 12 --follow', 'gangline logs 12 --grep error'],
		configure: (command) =>
			command
				.option('-f, --follow', 'go on until the item is closed or Ctrl-C')
				.option('-n, --lines <number>', 'at most so many to begin with', wholeNumber)
				.option('-g, --grep <text>', 'only lines with this text, in small or capital letters')
				.option('--run <id>', 'of an earlier run (gangline show lists them)'),
		run: async (session, args, options) => {
			const { followLogs, logText, sayLogState } = await import('./follow-logs.ts');
			const [lines, run, contains] = [options.number('lines'), options.text('run'), options.text('grep')];
			if (contains !== undefined && options.flag('follow')) {
				const { ganglineError } = await import('../../shared/ports/errors.ts');
				throw ganglineError('INVALID_ARGUMENT', '--grep looks through what is there, --follow waits for what comes', {
					hint: 'leave one of them out',
				});
			}
			const asked = {
				item: args.required(0),
				...(lines === undefined ? {} : { lines }),
				...(run === undefined ? {} : { run }),
				...(contains === undefined ? {} : { contains }),
			};
			if (options.flag('follow')) return followLogs(session, asked);
			const logs = await session.ask('item.logs', asked);
			session.out.result(logs, () => logText(session, logs, contains));
			return sayLogState(session, logs);
		},
	});
}
