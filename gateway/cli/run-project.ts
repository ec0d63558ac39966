/** Adds, removes and moves projects of the mesh. */
import { resolve } from 'node:path';
import { ganglineError } from '../../shared/ports/errors.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';

export async function addProject(session: Session, folder: string | undefined): Promise<undefined> {
	const path = resolve(session.context.cwd, folder ?? '.');
	const answer = await (await session.node()).call('project.add', { path });
	session.out.result(answer, () => plainLine(answer.answer));
	return undefined;
}

/** Names change and are typed wrongly; the id is what is asked for. */
export async function projectIdOf(session: Session, named: string): Promise<string> {
	const { projects } = await (await session.mesh()).call('project.list', {});
	const found = projects.find(({ id }) => id === named.toUpperCase()) ?? projects.find(({ name }) => name === named);
	if (found) return found.id;
	const { nearest } = await import('../../shared/operations/nearest.ts');
	const names = projects.map(({ name }) => name);
	const near = nearest(named, names);
	throw ganglineError('UNKNOWN_PROJECT', `no project ${JSON.stringify(named)} is known`, {
		hint: near === null ? `known are: ${names.join(', ') || 'none'}` : `did you mean ${near}?`,
	});
}

export async function removeProject(session: Session, named: string): Promise<number | undefined> {
	const project = await projectIdOf(session, named);
	const isSure = await session.confirm(
		`Take ${named} out of the mesh? Other machines forget it; its home keeps everything.`,
	);
	if (!isSure) return 130;
	const answer = await (await session.gateway()).call('project.remove', { project });
	session.out.result(answer, () => plainLine(answer.answer));
	return undefined;
}

export interface Move {
	readonly name: string;
	readonly to: string;
	readonly lost: boolean;
}

export async function rehomeProject(session: Session, { name, to, lost }: Move): Promise<number | undefined> {
	const project = await projectIdOf(session, name);
	const question = `Go on with ${name} on ${to} without its home? Should that come back, it becomes a reader, and what only it had is kept for you to look at.`;
	if (lost && !(await session.confirm(question))) return 130;
	const answer = await (await session.gateway()).call('project.rehome', { project, to, lost });
	session.out.result(answer, () =>
		[plainLine(answer.answer), ...answer.next.map((line) => `→ ${plainLine(line)}`)].join('\n'),
	);
	return undefined;
}
