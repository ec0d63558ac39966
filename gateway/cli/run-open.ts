/**
 * `gangline open`: an editor on a project in a container. ssh has to find the container by name first, so our file of ssh
 * hosts is brought up to date; a person's own is changed only after a yes, as `gangline ssh-config` does it.
 */
import { ganglineError } from '../../shared/ports/errors.ts';
import { type Editor, type EditorWays, editors, editorWays } from './editor-links.ts';
import { plainLine } from './output.ts';
import { findableBySsh, requireRunning } from './run-ssh.ts';
import type { Session } from './session.ts';

export interface Opening {
	readonly name: string;
	readonly editor: string | undefined;
	/** Only say the links. */
	readonly print: boolean;
}

export async function openEditor(session: Session, { name, editor, print }: Opening): Promise<number | undefined> {
	const wanted = editor === undefined ? undefined : editorNamed(editor);
	const { container } = await (await session.gateway()).call('container.show', { name });
	const ways = editors.map((one) => ({ editor: one, ...editorWays(one, container) }));
	if (print) {
		const chosen = ways.filter((one) => wanted === undefined || one.editor === wanted);
		session.out.result({ name, editors: chosen }, () =>
			chosen.map(({ title, link }) => `${title.padEnd(10)} ${plainLine(link)}`).join('\n'),
		);
		return undefined;
	}
	requireRunning(container);
	const way = await firstThere(session, wanted === undefined ? ways : ways.filter((one) => one.editor === wanted));
	await findableBySsh(session);
	session.out.message(`opening ${name} in ${way.title} …`);
	return session.context.programs.run(way.starts);
}

function editorNamed(text: string): Editor {
	const found = editors.find((one) => one === text.toLowerCase());
	if (found !== undefined) return found;
	throw ganglineError('INVALID_ARGUMENT', `--editor ${JSON.stringify(text)} is not known`, {
		hint: `expected one of ${editors.join(', ')}; for any other: gangline ssh-config`,
	});
}

/** The first editor whose program is on PATH; for one that was named also whatever opens links here. */
async function firstThere(
	{ context: { programs } }: Session,
	ways: readonly (EditorWays & { readonly editor: Editor })[],
): Promise<EditorWays & { readonly starts: readonly [string, ...string[]] }> {
	for (const way of ways) {
		if (way.command !== null && (await programs.find(way.command[0])) !== null) return { ...way, starts: way.command };
	}
	const [only] = ways;
	if (only !== undefined && ways.length === 1 && (await programs.find('xdg-open')) !== null) {
		return { ...only, starts: ['xdg-open', only.link] };
	}
	const titles = ways.map(({ title }) => title).join(', ');
	throw ganglineError('UNSUITABLE_MACHINE', `no program of ${titles} is on PATH here`, {
		hint: 'gangline open --print NAME shows links to open where the editor is; name one with --editor',
	});
}
