/** diff, approve, reject: a person reads a change and says what becomes of it. Approval is bound to what was read. */
import type { Command } from 'commander';
import type { Binding, ItemDetail, Result, Stat } from '../../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { printChange } from './item-lines.ts';
import { type Output, plain, plainLine, printError } from './output.ts';
import { page } from './pager.ts';
import type { Session } from './session.ts';
import { count, shortCommit } from './words.ts';

export function registerReview(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'diff <item>',
		summary: "Read what an item's result changes on main as it is now",
		group: 'Review',
		examples: ['gangline diff 12', 'gangline diff 12 --stat', 'gangline diff 12 | less'],
		configure: (command) =>
			command
				.option('--stat', 'only which files, and how much of each')
				.option('--no-pager', 'print it, as to a pipe')
				.option('--bytes <number>', 'at most this much of the patch', wholeNumber),
		run: async (session, args, options) => {
			const bytes = options.number('bytes');
			const diff = await session.ask('item.diff', {
				item: args.required(0),
				...(bytes === undefined ? {} : { bytes }),
			});
			if (session.out.json) session.out.result(diff, () => '');
			else await page(session, diffText(session.out, diff, options.flag('stat')), options.flag('pager'));
			if (diff.cut !== null)
				session.out.message(`${plainLine(diff.cut.words)}\n→ the whole: ${plainLine(diff.command)}`);
			const { rememberShown } = await import('./shown.ts');
			await rememberShown(session, diff.item.project, diff.item.key, diff.binding);
			return undefined;
		},
	});
	defineCommand(program, context, {
		usage: 'approve <item>',
		summary: 'Land exactly the change that you were shown last; it is gated once more on main as it is then',
		group: 'Review',
		examples: [
			'gangline diff 12 && gangline approve 12',
			'gangline approve 12',
			'gangline approve 12 --land-when-green',
		],
		configure: (command) =>
			command.option(
				'--land-when-green',
				'from now on what is green lands unasked: commits one line of the project file',
			),
		run: async (session, args, options) => {
			const { item } = await session.ask('item.show', { item: args.required(0) });
			const { lastShown } = await import('./shown.ts');
			const shown = (await lastShown(session, item.project, item.key)) ?? (await showNow(session, item));
			if (shown === null) {
				session.out.message('nothing was approved');
				return 130;
			}
			await changeReview(session, options.flag('landWhenGreen'));
			printChange(session, await session.ask('item.approve', { item: item.key, binding: shown }));
			return undefined;
		},
	});
	defineCommand(program, context, {
		usage: 'reject <item> <words...>',
		summary: 'Ask for changes: the words go into the next prompt and the item back to a coder',
		group: 'Review',
		examples: [
			'gangline reject 12 "keep the old flag working"',
			'gangline move 12 reject --reason "not wanted after all"',
		],
		run: async (session, args) => {
			printChange(session, await session.ask('item.reject', { item: args.required(0), words: args.rest(1).join(' ') }));
			return undefined;
		},
	});
}

/** As asked by the flag; at a terminal, with the first approval of a project, after a question. */
async function changeReview(session: Session, isAsked: boolean): Promise<void> {
	const { landWhenGreen, mayOfferLandWhenGreen } = await import('./land-when-green.ts');
	if (isAsked) return landWhenGreen(session);
	if (!(await mayOfferLandWhenGreen(session))) return;
	if (!(await session.confirm('From now on land what is green without asking you? (You can change it at any time.)')))
		return;
	try {
		await landWhenGreen(session);
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		// The approval is what was typed: it goes on although the offer could not be kept.
		printError(session.context, error, false);
	}
}

export function wholeNumber(text: string): number {
	if (/^[0-9]{1,9}$/.test(text)) return Number(text);
	throw ganglineError('INVALID_ARGUMENT', `${JSON.stringify(text)} is no whole number`);
}

/** Shows the change in short and asks; null after a no. Where nobody can be asked, an approval of the unseen is refused. */
async function showNow(session: Session, item: ItemDetail): Promise<Binding | null> {
	if (item.change === null) {
		throw ganglineError(
			'NOTHING_TO_SHOW',
			`${item.name} has no change that could be approved: it is in ${item.stage}`,
			{
				hint: `gangline show ${item.name.replace('#', '')}`,
			},
		);
	}
	if (!session.mayAsk) {
		throw ganglineError(
			'NOTHING_WAS_SHOWN',
			`the change of ${item.name} has not been shown to you, so there is nothing to approve`,
			{
				hint: `read it first: gangline diff ${item.name.replace('#', '')}`,
			},
		);
	}
	const { binding, stat } = item.change;
	session.out.message(`${item.name} ${plainLine(item.title)}\n${statText(session.out, stat)}`);
	const { rememberShown } = await import('./shown.ts');
	await rememberShown(session, item.project, item.key, binding);
	return (await session.confirm(`Approve ${shortCommit(binding.branch)} on main ${shortCommit(binding.main)}?`))
		? binding
		: null;
}

function diffText(out: Output, diff: Result<'item.diff'>, statOnly: boolean): string {
	// What a pipe gets must apply as a patch: unchanged. A terminal gets it without anything that it would obey.
	const patch = out.forPeople ? paintPatch(out, plain(diff.patch)) : diff.patch;
	if (statOnly) return statText(out, diff.stat);
	if (!out.forPeople) return patch;
	const { binding, item } = diff;
	const head = `${plainLine(item.name)} ${plainLine(item.title)}\n${shortCommit(binding.branch)} on main ${shortCommit(binding.main)}`;
	return `${out.paint('bold', head)}\n\n${statText(out, diff.stat)}\n\n${patch}`;
}

/** Files with their changed lines, and the sum. */
export function statText(out: Output, stat: Stat): string {
	const width = Math.max(...stat.paths.map(({ path }) => plainLine(path).length), 0);
	const lines = stat.paths.map(({ path, insertions, deletions }) => {
		const changed =
			insertions === null || deletions === null
				? 'binary'
				: `${out.paint('green', `+${insertions}`)} ${out.paint('red', `-${deletions}`)}`;
		return `  ${plainLine(path).padEnd(width)}  ${changed}`;
	});
	const more = stat.files - stat.paths.length;
	if (more > 0) lines.push(`  and ${count(more, 'more file')}`);
	return [...lines, `  ${count(stat.files, 'file')}, ${stat.insertions} added, ${stat.deletions} removed`].join('\n');
}

function paintPatch(out: Output, patch: string): string {
	return patch
		.split('\n')
		.map((line) => {
			if (/^(?:diff |index |--- |\+\+\+ |new file|deleted file|rename |similarity )/.test(line))
				return out.paint('bold', line);
			if (line.startsWith('@@')) return out.paint('cyan', line);
			if (line.startsWith('+')) return out.paint('green', line);
			return line.startsWith('-') ? out.paint('red', line) : line;
		})
		.join('\n');
}
