/**
 * `gangline new` and `rebuild`: begin, then tell each step as it comes until it is made or has failed. On a terminal a
 * step that goes on is one line that changes; elsewhere each step is a line when it ends. Ctrl-C stops looking, not it.
 */
import { isAbsolute, resolve } from 'node:path';
import { type ContainerStep, type ContainerView, parseArgs } from '../../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { clientOf, type HeardEvent, type NodeClient } from './client.ts';
import { containerText, type LimitsRead, stepLine } from './container-words.ts';
import { ensureGateway, hasGateway, isMember } from './gateway-process.ts';
import { plainLine } from './output.ts';
import { refreshSshConfig } from './run-ssh.ts';
import type { Session } from './session.ts';

export interface NewGiven {
	readonly name: string;
	readonly stack: string | undefined;
	readonly agents: readonly string[] | undefined;
	readonly devcontainer: string | undefined;
	readonly git: string | undefined;
	readonly path: string | undefined;
	/** The member on whose machine it is made. */
	readonly on: string | undefined;
	readonly retry: boolean;
	readonly limits: LimitsRead;
}

export async function newContainer(session: Session, given: NewGiven): Promise<number | undefined> {
	const { name, stack, agents, devcontainer, git, retry, on } = given;
	const path = pathOf(session, given);
	const wanted = {
		...{ name, retry, limits: given.limits },
		...(path === undefined ? {} : { path }),
		...(on === undefined ? {} : { on }),
		...(stack === undefined ? {} : { stack }),
		...(agents === undefined ? {} : { agents: [...agents] }),
		...(devcontainer === undefined ? {} : { devcontainer }),
		...(git === undefined ? {} : { git: addressOf(session, git, on) }),
	};
	// What is refused anyway makes no gateway first.
	parseArgs('container.create', wanted);
	const gateway = await gatewayHere(session);
	return follow(session, gateway, { name, begin: () => gateway.call('container.create', wanted) });
}

export interface Rebuilding extends Pick<NewGiven, 'name' | 'stack' | 'agents' | 'devcontainer'> {
	/** Its image is built again, also where nothing of it is different. */
	readonly fresh: boolean;
}

export async function rebuildContainer(
	session: Session,
	{ name, stack, agents, devcontainer, fresh }: Rebuilding,
): Promise<number | undefined> {
	const gateway = await session.gateway();
	return follow(session, gateway, {
		name,
		begin: () =>
			gateway.call('container.rebuild', {
				name,
				...(fresh ? { fresh } : {}),
				...(stack === undefined ? {} : { stack }),
				...(agents === undefined ? {} : { agents: [...agents] }),
				...(devcontainer === undefined ? {} : { devcontainer }),
			}),
	});
}

/** The gateway of this machine, made where there is none: its engine makes the container. */
async function gatewayHere(session: Session): Promise<NodeClient> {
	if (!(await hasGateway(session)) && (await isMember(session))) return session.gateway();
	return clientOf((await ensureGateway(session)).note, 'gateway');
}

/** From where the person is; on another machine from nowhere, and left out it is for that machine to say. */
function pathOf({ context }: Session, { name, path, on, retry }: NewGiven): string | undefined {
	if (on !== undefined && path !== undefined && !isAbsolute(path)) throw notThere('--path', path, on);
	// Of one that was begun it is known where it lies.
	if (on !== undefined || retry) return path === undefined ? undefined : resolve(context.cwd, path);
	return resolve(context.cwd, path ?? name);
}

/** A folder is meant from where the person is. */
function addressOf({ context }: Session, git: string, on: string | undefined): string {
	const isPath = /^\.{0,2}\//.test(git) && !isAbsolute(git);
	if (isPath && on !== undefined) throw notThere('--git', git, on);
	return isPath ? resolve(context.cwd, git) : git;
}

function notThere(option: string, path: string, on: string): GanglineError {
	return ganglineError('INVALID_ARGUMENT', `${option} ${JSON.stringify(path)} means a folder on ${on}, from where?`, {
		hint: `name it from its root, such as ${option} /home/you/src`,
	});
}

interface Following {
	readonly name: string;
	readonly begin: () => Promise<{ readonly container: ContainerView; readonly answer: string }>;
}

async function follow(session: Session, gateway: NodeClient, following: Following): Promise<number | undefined> {
	const last = await followMaking(session, gateway, following);
	if (last === null) return 130;
	const board = await boardOf(gateway, last);
	session.out.result({ ...last, board }, () =>
		[
			containerText(session, { ...last, steps: [] }),
			...(board === null ? [] : [`→ ${plainLine(board)} (gangline board logs in there)`]),
		].join('\n'),
	);
	await refreshSshConfig(session);
	return undefined;
}

/** Its place on the board; null where that is not known here. */
async function boardOf(gateway: NodeClient, { name }: ContainerView): Promise<string | null> {
	try {
		const { url, publicUrl } = await gateway.call('board.status', {});
		return new URL(`p/${name}`, `${(publicUrl ?? url).replace(/\/+$/, '')}/`).href;
	} catch (error) {
		if (error instanceof GanglineError) return null;
		throw error;
	}
}

/** Tells each step until it runs; null: the person has stopped looking. @throws GanglineError where it was not made */
export async function followMaking(
	session: Session,
	gateway: NodeClient,
	{ name, begin }: Following,
): Promise<ContainerView | null> {
	const { out, context } = session;
	const last = await gateway.follow({ kinds: ['container'] }, context.interrupted, async (events) => {
		const { container, answer } = await begin();
		if (!out.json) out.message(plainLine(answer));
		return container.state === 'making' ? showSteps(session, events, container) : container;
	});
	if (context.interrupted.aborted) {
		out.message(`it goes on without you: gangline containers ${name}`);
		return null;
	}
	if (last.state === 'running') return last;
	if (last.state === 'making') {
		throw ganglineError(
			'NOT_RUNNING',
			`the ${gateway.who} ended while ${name} was being made, at ${plainLine(last.words)}`,
			{
				hint: `start it, and go on from there: gangline ${gateway.who === 'gateway' ? 'gateway start' : 'start'}; gangline new ${name} --retry`,
				data: { container: last },
			},
		);
	}
	throw ganglineError('ENGINE_FAILED', `${name}: ${plainLine(last.words)}`, {
		hint: [...last.next, `what was said: ${last.log}`].join('; '),
		data: { container: last },
	});
}

/** Shows them until it is made, has failed, or nobody tells any more; answers what was told last. */
async function showSteps(
	session: Session,
	events: AsyncIterable<HeardEvent>,
	begun: ContainerView,
): Promise<ContainerView> {
	const shown = new StepLines(session);
	let last = begun;
	for await (const event of events) {
		if (event.kind === 'stopping') break;
		if (event.kind === 'unknown') session.out.message(plainLine(event.words));
		if (event.kind !== 'container' || event.container.name !== begun.name) continue;
		last = event.container;
		shown.show(last.steps);
		if (last.state !== 'making') break;
	}
	shown.end();
	return last;
}

/** Each step once when it has ended; the one that goes on as a line that is written over. */
class StepLines {
	readonly #session: Session;
	readonly #ended = new Set<string>();
	#open = false;

	constructor(session: Session) {
		this.#session = session;
	}

	show(steps: readonly ContainerStep[]): void {
		const { out, context } = this.#session;
		if (out.json) return;
		for (const step of steps) {
			if ((step.state !== 'done' && step.state !== 'failed') || this.#ended.has(step.name)) continue;
			this.#ended.add(step.name);
			this.#clear();
			out.message(stepLine(this.#session, step));
		}
		const now = steps.find(({ state }) => state === 'running');
		if (now === undefined || !context.stderr.isTTY) return;
		this.#clear();
		const width = (context.stderr.columns ?? 80) - 1;
		const line = `  …  ${now.name.padEnd(13)} ${plainLine(now.words)}`;
		context.stderr.write(out.paint('dim', line.slice(0, width)));
		this.#open = true;
	}

	end(): void {
		this.#clear();
	}

	#clear(): void {
		if (this.#open) this.#session.context.stderr.write('\r\u001b[2K');
		this.#open = false;
	}
}
