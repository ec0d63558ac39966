/** `gangline preview <item>`: the project's program with an item's change, to try it before it lands. */
import type { Command } from 'commander';
import type { Result } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';

type Preview = Result<'item.preview'>;

const askAgainMs = 300;
/** Set-up and start together; what takes longer goes on, and is asked for again. */
const waitMsMax = 10 * 60_000;
const linesShown = 15;

export function registerPreview(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'preview <item>',
		summary: "Run the project's program with an item's change ([run] command), or say where it runs",
		group: 'Review',
		examples: ['gangline preview 12', 'gangline preview 12 --stop'],
		configure: (command) => command.option('--stop', 'end it').option('--log', 'also print its last output'),
		run: async (session, args, options) => {
			const item = args.required(0);
			const action = options.flag('stop') ? 'stop' : 'start';
			const preview = await untilBegun(session, item, await session.ask('item.preview', { item, action }));
			const withLog = options.flag('log') || preview.state === 'failed';
			session.out.result(preview, () => previewText(preview, withLog));
			if (preview.state !== 'failed') return undefined;
			throw ganglineError('REFUSED', `${preview.item.name} cannot be tried: ${preview.why ?? 'it did not start'}`, {
				hint: 'see [run] and [setup] in .gangline/project.toml',
			});
		},
	});
}

async function untilBegun(session: Session, item: string, first: Preview): Promise<Preview> {
	const { clock } = session.context;
	const end = clock.monotonic() + waitMsMax;
	let preview = first;
	while (preview.state === 'starting' && clock.monotonic() < end) {
		await new Promise<void>((resolve) => clock.after(askAgainMs, resolve));
		preview = await session.ask('item.preview', { item, action: 'show' });
	}
	return preview;
}

function previewText({ answer, lines }: Preview, withLog: boolean): string {
	const shown = withLog ? lines.slice(-linesShown).map((line) => `  ${plainLine(line)}`) : [];
	return [plainLine(answer), ...shown].join('\n');
}
