/**
 * Changes that somebody tries before they land: the item's result in a clone of its own, set up, with the project's
 * program running on a port of its own. A few at once; each ends when it is told to, when its item is closed, or with
 * the node. Nothing here is kept: a preview is made anew from the commit.
 */
import { join } from 'node:path';
import {
	type Clock,
	type CommitId,
	type Confinement,
	ganglineError,
	type Log,
	type Person,
	type Secrets,
} from '../../shared/ports/index.ts';
import { removeFolder } from '../../shared/ports/system/remove-folder.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import { gateEnvironment, type PersonEnvironment } from '../agents/index.ts';
import type { CommandPorts } from './command-run.ts';
import type { MachineRoom } from './machine-room.ts';
import { type Started, startProduct } from './product.ts';
import { runSetup } from './setup.ts';
import { freshFolder } from './workspace-files.ts';
import type { WorkspaceGit } from './workspace-git.ts';

export interface PreviewsOptions {
	readonly project: string;
	readonly git: WorkspaceGit;
	readonly ports: CommandPorts;
	readonly room: MachineRoom;
	readonly clock: Clock;
	readonly log: Log;
	/** Where their clones lie. */
	readonly folder: string;
	readonly tmpRoot: string;
	readonly copyFrom: string | null;
	readonly person: PersonEnvironment;
	readonly secrets: Pick<Secrets, 'redact'>;
	readonly author: () => Promise<Person>;
	readonly hidden: readonly string[];
	readonly readOnly: readonly string[];
}

export interface PreviewState {
	readonly state: 'starting' | 'running' | 'failed' | 'stopped';
	readonly commit: CommitId | null;
	readonly url: string | null;
	/** Why it failed or ended; null otherwise. */
	readonly why: string | null;
	/** Its last output. */
	readonly lines: readonly string[];
}

interface Preview {
	readonly commit: CommitId;
	readonly lines: string[];
	readonly controller: AbortController;
	state: PreviewState['state'];
	url: string | null;
	why: string | null;
	/** Resolves when it runs or has failed. */
	begun: Promise<void>;
	stop: (() => Promise<unknown>) | null;
	release: () => Promise<void>;
	/** Set by the first who ends it; all the others wait for the same end. */
	ending: Promise<void> | null;
}

/** Each has a clone, a program and a port. */
const previewsMax = 4;
const linesMax = 200;

export class Previews {
	readonly #options: PreviewsOptions;
	readonly #previews = new Map<string, Preview>();
	#count = 0;

	constructor(options: PreviewsOptions) {
		this.#options = options;
	}

	/** How it is now. */
	show(key: string): PreviewState {
		const preview = this.#previews.get(key);
		if (preview === undefined) return { state: 'stopped', commit: null, url: null, why: null, lines: [] };
		const { state, commit, url, why, lines } = preview;
		return { state, commit, url, why, lines };
	}

	/** Begins one, or answers how the one that runs of this commit is. @throws GanglineError INVALID_CONFIG, REFUSED */
	async start(key: string, commit: CommitId, config: ProjectConfig): Promise<PreviewState> {
		if (config.run.command === undefined) {
			throw ganglineError('INVALID_CONFIG', 'the project does not say how its program is run', {
				hint: 'add to .gangline/project.toml: [run] with command = "npm start"; it listens on $PORT',
			});
		}
		const before = this.#previews.get(key);
		const isSame = before?.commit === commit && (before.state === 'starting' || before.state === 'running');
		if (isSame && before.ending === null) return this.show(key);
		await this.stop(key);
		// What has failed is shown until its place is wanted. No await between the last look and the new one's entry.
		while (this.#previews.size >= previewsMax && !this.#previews.has(key)) await this.stop(this.#oldestFailed());
		// Somebody else has begun one meanwhile.
		if (this.#previews.has(key)) return this.show(key);
		const preview: Preview = {
			...{ commit, lines: [], controller: new AbortController(), state: 'starting', url: null, why: null },
			...{ begun: Promise.resolve(), stop: null, release: async () => {}, ending: null },
		};
		this.#previews.set(key, preview);
		preview.begun = this.#begin(key, preview, config).catch((error: unknown) => {
			this.#options.log.warn('preview.failed', { item: key, error });
			Object.assign(preview, { state: 'failed', why: error instanceof Error ? error.message : String(error) });
		});
		return this.show(key);
	}

	/** Ends one; its processes are gone and its clone is removed when it resolves. */
	async stop(key: string): Promise<void> {
		const preview = this.#previews.get(key);
		if (preview === undefined) return;
		preview.ending ??= this.#end(key, preview).catch((error: unknown) => {
			// It holds its place; who asks again tries again.
			preview.ending = null;
			throw error;
		});
		await preview.ending;
	}

	/** Ends those of items that are not in `keep`. One that cannot be ended now keeps nobody from ending the others. */
	async tidy(keep: ReadonlySet<string>): Promise<void> {
		for (const key of [...this.#previews.keys()]) {
			if (keep.has(key)) continue;
			await this.stop(key).catch((error: unknown) =>
				this.#options.log.warn('preview.notStopped', { item: key, error }),
			);
		}
	}

	/** @throws GanglineError REFUSED where all run */
	#oldestFailed(): string {
		for (const [key, { state }] of this.#previews) if (state === 'failed') return key;
		throw ganglineError('REFUSED', `${previewsMax} previews run already, and that is all that run at once`, {
			hint: 'stop one: gangline preview <item> --stop',
		});
	}

	async stopAll(): Promise<void> {
		await Promise.all([...this.#previews.keys()].map((key) => this.stop(key)));
	}

	/** What cannot be removed now is removed with the whole folder when the node starts again. */
	async #end(key: string, preview: Preview): Promise<void> {
		preview.controller.abort();
		await preview.begun;
		await preview.stop?.();
		await preview
			.release()
			.catch((error: unknown) => this.#options.log.warn('preview.notRemoved', { item: key, error }));
		this.#previews.delete(key);
	}

	async #begin(key: string, preview: Preview, config: ProjectConfig): Promise<void> {
		const { room, git, folder, tmpRoot, person, author, ports, copyFrom, log } = this.#options;
		this.#count += 1;
		const port = room.takePorts();
		const path = join(folder, `${key}.${this.#count}`);
		const tmp = join(tmpRoot, `p${port}`);
		preview.release = async () => {
			await git.removeClone(git.cloneAt(path));
			// Before its ports, which name it: who is given them next makes a folder of that name.
			await removeFolder(tmp);
			room.freePorts(port);
		};
		await freshFolder(tmp);
		await git.removeClone(git.cloneAt(path));
		const branch = `gangline/preview-${key.toLowerCase()}`;
		await git.clone({ path, commit: preview.commit, branch, user: await author() });
		const common = {
			folder: path,
			env: gateEnvironment({ person, tmp, portBase: port }),
			confinement: this.#confinement(path, tmp),
			runId: `preview-${key.toLowerCase()}-${this.#count}`,
		};
		const { signal } = preview.controller;
		const note = this.#notes(preview);
		const setup = await runSetup(ports, {
			...{ ...common, copyFrom, signal, config: config.setup },
			onLog: (_source, _stream, text) => note(text),
		});
		if (setup.kind === 'failed') return fail(preview, setup.why);
		if (setup.kind === 'stopped' || signal.aborted) return fail(preview, 'it was stopped');
		const started = await startProduct(ports, {
			...{ ...common, run: config.run, port, signal },
			onLog: (_stream, text) => note(text),
			onEnded: (why) => fail(preview, why),
		});
		this.#settle(preview, started);
		log.info('preview.begun', { item: key, state: preview.state, why: preview.why });
	}

	#settle(preview: Preview, started: Started): void {
		if (started.kind === 'failed') fail(preview, started.why);
		else Object.assign(preview, { state: 'running', url: started.url, stop: started.stop });
	}

	#notes({ lines }: Preview): (text: string) => void {
		const { secrets } = this.#options;
		let rest = '';
		return (text) => {
			const said = `${rest}${text}`.split('\n');
			rest = (said.pop() ?? '').slice(-4_000);
			lines.push(...said.map((line) => secrets.redact(line).slice(0, 1_000)));
			lines.splice(0, Math.max(0, lines.length - linesMax));
		};
	}

	#confinement(path: string, tmp: string): Confinement {
		const { hidden, readOnly, tmpRoot, git } = this.#options;
		return { hidden: [...hidden, tmpRoot], readOnly: [...readOnly, ...git.objects], writable: [path, tmp] };
	}
}

function fail(preview: Preview, why: string): void {
	Object.assign(preview, { state: 'failed', url: null, why });
}
