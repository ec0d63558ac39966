/** containers, limits, start, stop, delete, prune of projects in containers. */
import type { Input } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import { containerText, limitWords, readIdleStop, sizeWords } from './container-words.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';

export async function showContainers(session: Session, name: string | undefined): Promise<undefined> {
	const gateway = await session.gateway();
	if (name !== undefined) {
		const { container } = await gateway.call('container.show', { name });
		session.out.result(container, () => containerText(session, container));
		return undefined;
	}
	const { renderTable } = await import('./table.ts');
	const answer = await gateway.call('container.list', {});
	const rows = answer.containers.map((one) => [
		one.name,
		one.state,
		one.stack ?? '',
		plainLine(one.words),
		plainLine(one.on === null ? one.path : `${one.on.name}:${one.path}`),
	]);
	session.out.result(answer, () =>
		rows.length === 0
			? 'no project in a container yet: gangline new <name>'
			: renderTable(session.context, session.out, {
					head: ['project', 'state', 'stack', 'how it is', 'source'],
					rows,
					elastic: [3, 4],
				}),
	);
	return undefined;
}

export interface LimitsChange {
	readonly limits: Input<'container.limits'>['limits'];
	readonly idleStop: string | undefined;
}

export async function changeLimits(
	session: Session,
	name: string,
	{ limits, idleStop }: LimitsChange,
): Promise<undefined> {
	const afterMs = idleStop === undefined ? undefined : readIdleStop(idleStop);
	const hasLimits = Object.keys(limits).length > 0;
	if (!hasLimits && afterMs === undefined) {
		throw ganglineError(
			'INVALID_ARGUMENT',
			'nothing to change was given: expected --memory, --cpus, --pids, --disk or --idle-stop',
			{ hint: `what it may use now: gangline containers ${name}` },
		);
	}
	const gateway = await session.gateway();
	const slept = afterMs === undefined ? null : await gateway.call('container.idleStop', { name, afterMs });
	if (slept !== null && !hasLimits) {
		session.out.result(slept, () => plainLine(slept.answer));
		return undefined;
	}
	if (slept !== null) session.out.message(plainLine(slept.answer));
	const answer = await gateway.call('container.limits', { name, limits });
	session.out.result(answer, () => `${name} may use ${limitWords(answer.container.limits)}`);
	return undefined;
}

export async function startContainer(session: Session, name: string): Promise<undefined> {
	const answer = await (await session.gateway()).call('container.start', { name });
	session.out.result(answer, () => plainLine(answer.answer));
	return undefined;
}

export async function stopContainer(session: Session, name: string): Promise<undefined> {
	const answer = await (await session.gateway()).call('container.stop', { name });
	session.out.result(answer, () => plainLine(answer.answer));
	return undefined;
}

export interface Deleting {
	readonly name: string;
	readonly confirm: string | undefined;
	readonly purge: boolean;
}

/** Says what goes and what stays, and wants the name once more; `--yes` is not enough. */
export async function deleteContainer(session: Session, { name, confirm, purge }: Deleting): Promise<undefined> {
	const gateway = await session.gateway();
	const { container } = await gateway.call('container.show', { name });
	const state = container.log.replace(/\/[^/]*$/, '');
	const on = container.on === null ? '' : `, on ${plainLine(container.on.name)}`;
	session.out.message(
		[
			`goes:  the container and the network of ${name}${on}${purge ? `, and its state in ${plainLine(state)}: board, logs, work that did not land` : ''}`,
			`stays: the source in ${plainLine(container.path)}${on}${purge ? '' : `, and its state in ${plainLine(state)}`}`,
		].join('\n'),
	);
	const answer = await gateway.call('container.remove', {
		name,
		purge,
		confirm: confirm ?? (await askName(session, name)),
	});
	session.out.result(answer, () =>
		[plainLine(answer.answer), ...answer.stays.map((what) => `  stays: ${plainLine(what)}`)].join('\n'),
	);
	return undefined;
}

async function askName(session: Session, name: string): Promise<string> {
	if (!session.mayAsk) {
		throw ganglineError('REFUSED', 'nobody can be asked here, and nothing was removed', {
			hint: `repeat it with the name once more: --confirm ${name}`,
		});
	}
	const { text } = await import('@clack/prompts');
	const typed = await text({ message: `Type ${name} to delete it` });
	return typeof typed === 'string' ? typed.trim() : '';
}

export async function prune(session: Session, dryRun: boolean): Promise<undefined> {
	const gateway = await session.gateway();
	const found = await gateway.call('container.prune', { dryRun: true });
	const lines = found.things.map(
		({ kind, name, bytes, on }) =>
			`  ${kind.padEnd(10)} ${plainLine(name)} ${sizeWords(bytes)}${on === null ? '' : ` on ${plainLine(on)}`}`,
	);
	const isWanted = !dryRun && found.things.length > 0;
	if (isWanted && !(session.out.json && session.options.yes)) for (const line of lines) session.out.message(line);
	const question = `Remove ${found.things.length === 1 ? 'this' : `these ${found.things.length}`}?`;
	const answer =
		isWanted && (await session.confirm(question)) ? await gateway.call('container.prune', { dryRun: false }) : found;
	session.out.result(answer, () => [...(dryRun ? lines : []), plainLine(answer.answer)].join('\n'));
	return undefined;
}
