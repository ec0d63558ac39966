/** containers, limits, start, stop, delete, prune of projects in containers. */
import type { ContainerView, Input } from '../../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import type { NodeClient } from './client.ts';
import { containerText, limitWords, readIdleStop, sizeWords } from './container-words.ts';
import { plainLine } from './output.ts';
import { refreshSshConfig } from './run-ssh.ts';
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

export async function startContainer(session: Session, name: string): Promise<number | undefined> {
	const gateway = await session.gateway();
	const answer = await gateway.call('container.start', { name });
	if (answer.container.state !== 'making') {
		session.out.result(answer, () => plainLine(answer.answer));
		return undefined;
	}
	// It may have been made by the time that somebody listens.
	const begin = async () => ({ ...answer, container: (await gateway.call('container.show', { name })).container });
	const { followMaking } = await import('./run-new.ts');
	const container = await followMaking(session, gateway, { name, begin });
	if (container === null) return 130;
	session.out.result({ ...answer, container }, () => plainLine(`${name} is started`));
	await refreshSshConfig(session);
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
	const container = await containerOr(gateway, name, purge);
	session.out.message(container === null ? keptWords(name) : deletingWords(container, purge));
	const answer = await gateway.call('container.remove', {
		name,
		purge,
		confirm: confirm ?? (await askName(session, name)),
	});
	session.out.result(answer, () =>
		[
			plainLine(answer.answer),
			...answer.gone.map((what) => `  gone:  ${plainLine(what)}`),
			...answer.stays.map((what) => `  stays: ${plainLine(what)}`),
		].join('\n'),
	);
	await refreshSshConfig(session);
	return undefined;
}

/** Null: there may be state of one whose container was deleted before, which is all that is left to purge. */
async function containerOr(gateway: NodeClient, name: string, purge: boolean): Promise<ContainerView | null> {
	try {
		return (await gateway.call('container.show', { name })).container;
	} catch (error) {
		if (purge && error instanceof GanglineError && error.code === 'NOTHING_TO_SHOW') return null;
		throw error;
	}
}

function keptWords(name: string): string {
	return `goes:  the state that was kept of ${name}, if there is any: board, logs, work that did not land`;
}

function deletingWords({ name, log, path, on: there }: ContainerView, purge: boolean): string {
	const state = plainLine(log.replace(/\/[^/]*$/, ''));
	const on = there === null ? '' : `, on ${plainLine(there.name)}`;
	return [
		`goes:  the container and the network of ${name}${on}, its node and its project in the mesh${purge ? `, its downloads, and its state in ${state}: board, logs, work that did not land` : ''}`,
		`stays: the source in ${plainLine(path)}${on}${purge ? '' : `, and its state in ${state}: gangline new ${name} goes on with it`}`,
	].join('\n');
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
	// What goes by its name alone is told of where nothing goes.
	const lines = found.things
		.filter(({ kind }) => dryRun || kind !== 'state')
		.map(
			({ kind, name, bytes, on }) =>
				`  ${kind.padEnd(10)} ${plainLine(name)} ${sizeWords(bytes)}${on === null ? '' : ` on ${plainLine(on)}`}`,
		);
	const going = found.things.filter(({ kind }) => kind !== 'state').length;
	const isWanted = !dryRun && going > 0;
	if (isWanted && !(session.out.json && session.options.yes)) for (const line of lines) session.out.message(line);
	const question = `Remove ${going === 1 ? 'this' : `these ${going}`}?`;
	const answer =
		isWanted && (await session.confirm(question)) ? await gateway.call('container.prune', { dryRun: false }) : found;
	session.out.result(answer, () => [...(dryRun ? lines : []), plainLine(answer.answer)].join('\n'));
	return undefined;
}
