/** Long text for people: through $PAGER (otherwise less) on a terminal, straight to stdout everywhere else. */
import type { Session } from './session.ts';

export async function page(session: Session, text: string, wanted: boolean): Promise<void> {
	const { context, out } = session;
	const program = wanted && out.forPeople ? await pagerOf(session) : null;
	if (program === null) {
		context.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
		return;
	}
	// F: quit when it fits on the screen; R: colours; X: leave it on the screen.
	const env = { ...context.env, LESS: context.env.LESS ?? 'FRX' };
	const code = await context.programs.run(program, { env, stdin: text });
	if (code === 126 || code === 127) context.stdout.write(text);
}

async function pagerOf({ context }: Session): Promise<readonly [string, ...string[]] | null> {
	const { PAGER: named, TERM } = context.env;
	if (TERM === 'dumb' || named === 'cat' || named === '') return null;
	if (named !== undefined) return ['/bin/sh', '-c', named];
	const less = await context.programs.find('less');
	return less === null ? null : [less];
}
