/**
 * Where one attempt works: its temporary folder, the name of its runs, what its programs may see and write, and the
 * set-up of its clone. Invariant: nothing of it leads to another item's clone or to the node's own folder.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hooksOf } from '../../shared/git/index.ts';
import type { Confinement, StopReport } from '../../shared/ports/index.ts';
import { gateEnvironment } from '../agents/index.ts';
import type { AttemptInput, AttemptParts } from './attempt.ts';
import { preCommitHook } from './pre-commit-hook.ts';
import { neededKey, runSetup } from './setup.ts';
import { exclude, freshFolder } from './workspace-files.ts';
import type { Workspace } from './workspaces.ts';

export type SetUp =
	| { readonly kind: 'ready'; readonly workspace: Workspace }
	| { readonly kind: 'failed'; readonly why: string }
	| { readonly kind: 'stopped' };

export class AttemptPlace {
	readonly #parts: AttemptParts;
	readonly #input: AttemptInput;
	/** Where the hooks for the agent lie; none where no gate is tried before a commit. */
	#hooks: readonly string[] = [];

	constructor(parts: AttemptParts, input: AttemptInput) {
		this.#parts = parts;
		this.#input = input;
	}

	get tmp(): string {
		return join(this.#parts.tmpRoot, `p${this.#input.portBase}`);
	}

	/** What the last try failed with, empty at the first: a script can read it, an agent has it in its prompt too. */
	get lastFailure(): string {
		return join(this.tmp, 'last-failure.txt');
	}

	get runId(): string {
		const { item, token } = this.#input.task;
		return `work-${item.key.toLowerCase()}-${token.join('-')}`;
	}

	confinement({ clone }: Workspace): Confinement {
		const { git, hidden, readOnly, tmpRoot } = this.#parts;
		return {
			hidden: [...hidden, tmpRoot],
			readOnly: [...readOnly, ...git.objects, join(clone.outside, 'objects'), ...this.#hooks],
			writable: [clone.path, this.tmp],
		};
	}

	/** Empty but for what the last try failed with. */
	async clear(): Promise<void> {
		await freshFolder(this.tmp);
		await writeFile(this.lastFailure, this.#input.task.item.lastFailure ?? '');
	}

	/** After set-up, which makes what gates need. */
	async writeHook({ clone }: Workspace): Promise<void> {
		const hooks = await freshFolder(hooksOf(clone));
		const { shellPath } = this.#parts.ports;
		const script = preCommitHook(this.#input.config, { clone: clone.path, shellPath });
		await writeFile(join(hooks, 'pre-commit'), script, { flag: 'wx', mode: 0o755 });
		this.#hooks = [hooks];
	}

	/** `onTree` hears how the processes of a set-up that did not succeed were ended. */
	async setUp(workspace: Workspace, onTree: (tree: StopReport) => void): Promise<SetUp> {
		const { workspaces, ports, copyFrom, person } = this.#parts;
		const { config, signal, runLog, portBase, onStep } = this.#input;
		const place = { folder: workspace.clone.path, copyFrom, config: config.setup };
		if (workspace.setup && workspace.setup.key === (await neededKey(place))) return { kind: 'ready', workspace };
		onStep('set-up');
		const forgotten = await workspaces.rememberSetup(workspace, null);
		const end = await runSetup(ports, {
			...place,
			env: gateEnvironment({ person, tmp: this.tmp, portBase }),
			confinement: this.confinement(workspace),
			runId: `${this.runId}-setup`,
			signal,
			onLog: runLog.write,
		});
		if (end.kind !== 'ready') onTree(end.tree);
		signal.throwIfAborted();
		if (end.kind === 'stopped') return end;
		if (end.kind === 'failed') return { kind: 'failed', why: `${end.why}\n${end.tail}`.trim() };
		const made = [...new Set([...(workspace.setup?.made ?? []), ...end.record.made])];
		// What set-up makes is nobody's work: it is neither committed nor taken for uncommitted changes.
		await exclude([workspace.clone.outside, ...(workspace.isNew ? [join(workspace.clone.path, '.git')] : [])], made);
		return { kind: 'ready', workspace: await workspaces.rememberSetup(forgotten, { key: end.record.key, made }) };
	}
}
