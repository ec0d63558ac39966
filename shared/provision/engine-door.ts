/**
 * The door to a container engine: its client, made at the first question, and one way for everything that it says no to.
 * What carries our label is ours; whatever else has our name belongs to somebody else and is an error, never replaced.
 */
import type Docker from 'dockerode';
import { GanglineError, ganglineError } from '../ports/index.ts';
import { guardEngine } from './engine-wire.ts';
import { nameLabel, ownerLabel } from './provisioner.ts';

export interface EngineOptions {
	/** As `DOCKER_HOST`; null: the usual socket. */
	readonly host: string | null;
	/** Whose things are ours. */
	readonly owner: string;
}

const socketDefault = '/var/run/docker.sock';

export function engineName(name: string): string {
	return `gangline-${name}`;
}

/** The volume with a project's downloads. */
export function cachesOf(full: string): string {
	return `${full}-caches`;
}

export class EngineDoor {
	readonly #options: EngineOptions;
	#engine: Promise<Docker> | undefined;

	constructor(options: EngineOptions) {
		this.#options = options;
	}

	/** Whose things are ours. */
	get owner(): string {
		return this.#options.owner;
	}

	/** What is asked in `ask`; whatever the engine refuses is told in our words, with what was wanted of it. */
	async asked<T>(what: string, ask: (docker: Docker) => Promise<T>): Promise<T> {
		try {
			this.#engine ??= import('dockerode').then(({ default: Engine }) =>
				guardEngine(new Engine({ socketPath: socketOf(this.#options) })),
			);
			return await ask(await this.#engine);
		} catch (error) {
			if (error instanceof GanglineError) throw error;
			throw engineError(error, what, this.#options);
		}
	}

	labels(name: string): Record<string, string> {
		return { [ownerLabel]: this.owner, [nameLabel]: name };
	}

	/** @throws GanglineError REFUSED */
	requireOurs(labels: Readonly<Record<string, string>> | null | undefined, what: string): void {
		if (labels?.[ownerLabel] === this.owner) return;
		throw ganglineError('REFUSED', `the ${what} at the engine is not ours: it was left as it is`, {
			hint: 'take another name for the project, or rename or remove that one yourself',
		});
	}
}

/** Never one of somebody else's, whose name only is the same. @throws GanglineError REFUSED */
export async function requireOwnCaches(door: EngineDoor, docker: Docker, full: string): Promise<boolean> {
	const found = await orGone(docker.getVolume(cachesOf(full)).inspect());
	if (found !== null) door.requireOurs(found.Labels, `volume ${cachesOf(full)}`);
	return found !== null;
}

function engineError(error: unknown, what: string, options: EngineOptions): GanglineError {
	const code = own(error, 'code');
	if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EACCES') {
		const why = code === 'EACCES' ? 'you may not use its socket' : 'no engine answers there';
		return ganglineError('ENGINE_FAILED', `the container engine at ${socketOf(options)} cannot be asked: ${why}`, {
			hint:
				code === 'EACCES'
					? 'join the group of its socket (usermod -aG docker you; then log in again), or set DOCKER_HOST'
					: 'start it (systemctl start docker), or a private one: scripts/engine start, and set DOCKER_HOST',
			cause: error,
		});
	}
	if (code === 'ECONNRESET' || code === 'EPIPE') {
		return ganglineError('ENGINE_FAILED', `the engine did not ${what}: it ended, or broke off, while it was asked`, {
			hint: 'look whether it runs (systemctl status docker), start it, and try the same again',
			cause: error,
		});
	}
	return ganglineError('ENGINE_FAILED', `the engine did not ${what}: ${wordsOf(error)}`, {
		hint: 'what it says names the reason; try the same again when that is mended',
		cause: error,
	});
}

function socketOf({ host }: EngineOptions): string {
	if (host === null) return socketDefault;
	const path = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
	if (path !== undefined) return path;
	throw ganglineError('INVALID_CONFIG', `DOCKER_HOST is ${JSON.stringify(host)}: expected a socket of this machine`, {
		hint: 'source and state are mounted from this machine: DOCKER_HOST=unix:///path/to/docker.sock',
	});
}

/** Null for what the engine does not know. */
export async function orGone<T>(asked: Promise<T>): Promise<T | null> {
	return asked.catch((error: unknown) => {
		if (own(error, 'statusCode') === 404) return null;
		throw error;
	});
}

export function wordsOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

export function own(value: unknown, key: string): unknown {
	return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
