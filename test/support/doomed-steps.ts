/**
 * Where a process that lands is to die. Every call of git and every write of the store is three steps: before it, while
 * it runs, after it. At the step that was chosen the process kills itself with SIGKILL: with its git children, without
 * them, or with its git children stopped, so that they live on for as long as the test wants, holding what they hold.
 */
import { readFileSync, writeSync } from 'node:fs';
import type { Git, Store } from '../../shared/ports/index.ts';

export interface Doom {
	/** The step to die at, counted from 1; null: live. */
	readonly step: number | null;
	readonly children: 'killed' | 'left' | 'stopped';
	/** How long a call has run when the process dies during it; less where the call is over sooner. */
	readonly afterMs: number;
}

export class Steps {
	readonly #doom: Doom;
	#count = 0;

	constructor(doom: Doom) {
		this.#doom = doom;
	}

	get count(): number {
		return this.#count;
	}

	async around<T>(name: string, action: () => Promise<T>): Promise<T> {
		this.#reach(`before ${name}`);
		const result = action();
		// Its own failure is the caller's; here it is only not left unheard while we wait.
		const over = result.catch(() => undefined);
		if (this.#count + 1 === this.#doom.step) await Promise.race([over, passed(this.#doom.afterMs)]);
		this.#reach(`during ${name}`);
		const value = await result;
		this.#reach(`after ${name}`);
		return value;
	}

	#reach(name: string): void {
		this.#count += 1;
		if (this.#count === this.#doom.step) die(name, this.#doom.children);
	}
}

function passed(ms: number): Promise<void> {
	return new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));
}

function die(step: string, children: Doom['children']): void {
	const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
	const signal = { killed: 'SIGKILL', stopped: 'SIGSTOP', left: null } as const;
	for (const pid of pids) {
		const how = signal[children];
		if (how !== null) signalQuietly(pid, how);
	}
	// Not through the stream: nothing of it would be written any more.
	writeSync(1, `${JSON.stringify({ kind: 'dies', step, stopped: children === 'stopped' ? pids : [] })}\n`);
	process.kill(process.pid, 'SIGKILL');
}

export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch {
		// It has ended.
	}
}

export function steppedGit(git: Git, steps: Steps): Git {
	const step =
		<Args extends unknown[], T>(name: string, call: (...args: Args) => Promise<T>) =>
		(...args: Args): Promise<T> =>
			steps.around(`git.${name}`, () => call(...args));
	return {
		main: step('main', () => git.main()),
		firstParents: step('firstParents', (options: Parameters<Git['firstParents']>[0]) => git.firstParents(options)),
		treeOf: step('treeOf', (commit: Parameters<Git['treeOf']>[0]) => git.treeOf(commit)),
		mergeBase: step('mergeBase', (...args: Parameters<Git['mergeBase']>) => git.mergeBase(...args)),
		isAncestor: step('isAncestor', (...args: Parameters<Git['isAncestor']>) => git.isAncestor(...args)),
		merge: step('merge', (input: Parameters<Git['merge']>[0]) => git.merge(input)),
		createCommit: step('createCommit', (input: Parameters<Git['createCommit']>[0]) => git.createCommit(input)),
		moveMain: step('moveMain', (...args: Parameters<Git['moveMain']>) => git.moveMain(...args)),
		changes: step('changes', (...args: Parameters<Git['changes']>) => git.changes(...args)),
		patchId: step('patchId', (...args: Parameters<Git['patchId']>) => git.patchId(...args)),
		file: step('file', (...args: Parameters<Git['file']>) => git.file(...args)),
		keep: step('keep', (...args: Parameters<Git['keep']>) => git.keep(...args)),
		refs: step('refs', (prefix: string) => git.refs(prefix)),
		drop: step('drop', (...args: Parameters<Git['drop']>) => git.drop(...args)),
	};
}

export function steppedStore(store: Store, steps: Steps): Store {
	return {
		damaged: store.damaged,
		write: (writes) => steps.around('store.write', () => store.write(writes)),
		read: (stream, after) => store.read(stream, after),
		lastSeq: (stream) => store.lastSeq(stream),
		streams: () => store.streams(),
		get: (key) => store.get(key),
		list: (prefix) => store.list(prefix),
		dump: () => store.dump(),
		close: () => store.close(),
	};
}
