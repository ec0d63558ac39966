/**
 * Says whether a commit passes the project's gates. The system runs them, never the agent: in a checkout of exactly
 * that tree, with main's settings, with an environment that holds no login. One tree under one gate set is judged once
 * at a time, whoever asks; a pass is remembered.
 */
import { join } from 'node:path';
import {
	type CommitId,
	type Confinement,
	ganglineError,
	type Log,
	type Secrets,
	type Store,
} from '../../shared/ports/index.ts';
import { removeFolder } from '../../shared/ports/system/remove-folder.ts';
import { type GateConfig, gateSetHash, type ProjectConfig } from '../../shared/project/index.ts';
import type { GateVerdict, TestCount, TreeVerdict } from '../../shared/protocol/work.ts';
import { gateEnvironment, type PersonEnvironment } from '../agents/index.ts';
import { missingSecrets } from './attempt-words.ts';
import { type CommandPorts, runCommand } from './command-run.ts';
import { GateCheckouts, type PreparedCheckout } from './gate-checkouts.ts';
import { decideRuns, type GateOutcome, judgeRun } from './gate-rules.ts';
import type { MachineRoom } from './machine-room.ts';
import type { LogSink } from './run-log.ts';
import { countTests } from './test-count.ts';
import { VerdictCache } from './verdict-cache.ts';
import { freshFolder } from './workspace-files.ts';
import type { WorkspaceGit } from './workspace-git.ts';

export interface GateRunnerOptions {
	readonly project: string;
	readonly git: WorkspaceGit;
	readonly store: Store;
	readonly log: Log;
	readonly ports: CommandPorts;
	readonly room: MachineRoom;
	/** Where this project's gate checkouts lie. */
	readonly folder: string;
	/** Below it every run has a temporary folder of its own. Short: sockets are made there. */
	readonly tmpRoot: string;
	/** Gate checkouts in use at once. */
	readonly slots: number;
	readonly copyFrom: string | null;
	readonly person: PersonEnvironment;
	readonly secrets: Secrets;
	/** What no run may see (the state folder) and what none may change (the person's checkouts). */
	readonly hidden: readonly string[];
	readonly readOnly: readonly string[];
}

export interface VerdictRequest {
	readonly commit: CommitId;
	/** As the landed main has it. */
	readonly config: ProjectConfig;
	readonly signal?: AbortSignal;
	readonly onLog?: LogSink;
	/** What has begun, for people: "set-up", "gate test". */
	readonly onStep?: (step: string) => void;
}

interface Flight {
	readonly verdict: Promise<TreeVerdict>;
	readonly controller: AbortController;
	readonly watchers: Set<VerdictRequest>;
}

interface GateSite {
	readonly prepared: PreparedCheckout;
	readonly env: Readonly<Record<string, string>>;
	readonly confinement: Confinement;
	readonly flight: Pick<Flight, 'controller' | 'watchers'>;
	readonly runId: string;
	/** Set when processes of a run could not be ended. */
	readonly hurt: { survivors: boolean };
}

export class GateRunner {
	readonly #options: GateRunnerOptions;
	readonly #cache: VerdictCache;
	readonly #checkouts: GateCheckouts;
	readonly #flights = new Map<string, Flight>();
	#runs = 0;

	constructor(options: GateRunnerOptions) {
		this.#options = options;
		this.#cache = new VerdictCache(options.store, options.project);
		this.#checkouts = new GateCheckouts(options);
	}

	/** The remembered pass of a tree, null where it was not judged or did not pass. Starts nothing. */
	async remembered(tree: CommitId, config: ProjectConfig): Promise<TreeVerdict | null> {
		return await this.#cache.get(tree, gateSetHash(config));
	}

	/** Judges a commit. Rejects with STOPPING when the request's signal is aborted. */
	async verdict(request: VerdictRequest): Promise<TreeVerdict> {
		const { commit, config } = request;
		const gateSet = gateSetHash(config);
		const tree = await this.#options.git.treeOf(commit);
		const kept = await this.#cache.get(tree, gateSet);
		if (kept) return kept;
		const name = `${tree}/${gateSet}`;
		// One that everybody has left is on its way out; ours begins after it.
		for (let old = this.#flights.get(name); old?.controller.signal.aborted; old = this.#flights.get(name)) {
			await old.verdict.catch(() => {});
		}
		const flight = this.#flights.get(name) ?? this.#takeOff(name, { commit, config, tree, gateSet });
		flight.watchers.add(request);
		return await waitFor(flight, request);
	}

	/** Ends all that runs; verified when it resolves. */
	async stop(): Promise<void> {
		const all = [...this.#flights.values()];
		for (const { controller } of all) controller.abort(stopping());
		await Promise.allSettled(all.map(({ verdict }) => verdict));
	}

	#takeOff(name: string, judged: Judged): Flight {
		const controller = new AbortController();
		const watchers = new Set<VerdictRequest>();
		const verdict = this.#judge(judged, { controller, watchers }).finally(() => this.#flights.delete(name));
		// Everyone may have left; then nobody listens to its rejection.
		verdict.catch(() => {});
		const flight = { controller, watchers, verdict };
		this.#flights.set(name, flight);
		return flight;
	}

	async #judge(judged: Judged, flight: GateSite['flight']): Promise<TreeVerdict> {
		const { room, tmpRoot, person, log, secrets } = this.#options;
		const slot = await this.#checkouts.take();
		const ports = room.takePorts();
		const tmp = join(tmpRoot, `p${ports}`);
		const hurt = { survivors: false };
		try {
			flight.controller.signal.throwIfAborted();
			await freshFolder(tmp);
			const env = gateEnvironment({ person, tmp, portBase: ports });
			const site = await this.#prepare(judged, { slot, env, tmp, flight, hurt });
			const said =
				site.prepared.setup.kind === 'ready' ? await this.#runAll(judged, site) : [setupVerdict(site.prepared)];
			// What they printed goes into facts that travel.
			const gates = said.map((one) => ({ ...one, why: secrets.redact(one.why), tail: secrets.redact(one.tail) }));
			flight.controller.signal.throwIfAborted();
			const { tree, gateSet } = judged;
			const verdict = { tree, gateSet, passed: gates.every(({ outcome }) => outcome === 'passed'), gates };
			await this.#cache.put(verdict);
			return verdict;
		} finally {
			// Before its ports, which name it: who is given them next makes a folder of that name.
			await removeFolder(tmp).catch((error: unknown) => log.warn('gate.tmpKept', { tmp, error: String(error) }));
			if (hurt.survivors) {
				this.#checkouts.quarantine();
				log.error('gate.checkoutQuarantined', { project: this.#options.project, slot });
			} else {
				room.freePorts(ports);
				this.#checkouts.release(slot);
			}
		}
	}

	async #prepare(
		{ commit, config }: Judged,
		{ slot, env, tmp, flight, hurt }: { slot: number; tmp: string } & Pick<GateSite, 'env' | 'flight' | 'hurt'>,
	): Promise<GateSite> {
		const { git, hidden, readOnly, tmpRoot } = this.#options;
		const confinement = (folder: string): Confinement => ({
			hidden: [...hidden, tmpRoot],
			readOnly: [...readOnly, ...git.objects],
			writable: [folder, tmp],
		});
		this.#runs += 1;
		const runId = `gate-${this.#options.project.toLowerCase()}-${this.#runs}`;
		tellStep(flight, config.setup.commands.length > 0 ? 'set-up' : 'checkout');
		const prepared = await this.#checkouts.prepare({
			...{ slot, commit, config, runId, env, confinement },
			signal: flight.controller.signal,
			onLog: logTo(flight),
		});
		const { setup } = prepared;
		if (setup.kind !== 'ready' && setup.tree.kind === 'survivors') hurt.survivors = true;
		return { prepared, env, confinement: confinement(prepared.checkout.path), flight, runId, hurt };
	}

	/** In their order, up to the first that does not pass: what comes after it would be judged on a doubtful ground. */
	async #runAll({ config }: Judged, site: GateSite): Promise<readonly GateVerdict[]> {
		const verdicts: GateVerdict[] = [];
		for (const [index, gate] of config.gate.entries()) {
			site.flight.controller.signal.throwIfAborted();
			tellStep(site.flight, `gate ${gate.name}`);
			logTo(site.flight)(`gate:${gate.name}`, 'note', `$ ${gate.command}\n`);
			const verdict = await this.#runGate(gate, `${site.runId}-${index}`, site);
			verdicts.push(verdict);
			if (verdict.outcome !== 'passed') break;
		}
		return verdicts;
	}

	async #runGate(gate: GateConfig, runId: string, site: GateSite): Promise<GateVerdict> {
		const { ports, git, secrets } = this.#options;
		const { prepared, confinement, flight } = site;
		const { values, missing } = secrets.valuesOf(gate.secrets);
		if (missing.length > 0) return withoutSecrets(gate, missing);
		const env = { ...site.env, ...values };
		const outcomes: GateOutcome[] = [];
		let seconds = 0;
		for (;;) {
			const end = await runCommand(ports, {
				runId: `${runId}-${outcomes.length}`,
				command: gate.command,
				cwd: prepared.checkout.path,
				env,
				confinement,
				timeoutSeconds: gate.timeout_seconds,
				signal: flight.controller.signal,
				onLog: (stream, text) => logTo(flight)(`gate:${gate.name}`, stream, text),
			});
			if (end.tree.kind === 'survivors') site.hurt.survivors = true;
			flight.controller.signal.throwIfAborted();
			seconds += end.seconds;
			const { modified, added } = await git.gateChanges(prepared.checkout, prepared.ignored);
			const tests: TestCount | null = countTests(end.text);
			outcomes.push(judgeRun(gate, { end, tests, changed: [...modified, ...added] }));
			const decided = decideRuns(outcomes, gate.flaky_runs);
			if (!decided) continue;
			const { name, kind } = gate;
			return { gate: name, kind, ...decided, tail: end.tail, seconds, tests, runs: outcomes.length };
		}
	}
}

interface Judged {
	readonly commit: CommitId;
	readonly config: ProjectConfig;
	readonly tree: CommitId;
	readonly gateSet: string;
}

/** A gate that cannot be run as it is meant is never a pass. */
function withoutSecrets({ name, kind }: GateConfig, missing: readonly string[]): GateVerdict {
	const why = missingSecrets(missing);
	return { gate: name, kind, outcome: 'error', why, tail: '', seconds: 0, tests: null, runs: 1 };
}

function setupVerdict({ setup }: PreparedCheckout): GateVerdict {
	const failed = setup.kind === 'failed' ? setup : { why: 'set-up was stopped', tail: '' };
	return {
		gate: 'setup',
		kind: 'setup',
		outcome: 'error',
		why: failed.why,
		tail: failed.tail,
		seconds: 0,
		tests: null,
		runs: 1,
	};
}

function tellStep({ watchers }: GateSite['flight'], step: string): void {
	for (const { onStep } of watchers) onStep?.(step);
}

function logTo({ watchers }: GateSite['flight']): LogSink {
	return (...said) => {
		for (const { onLog } of watchers) onLog?.(...said);
	};
}

/** The flight ends when the last who waits for it has left. */
function waitFor(flight: Flight, request: VerdictRequest): Promise<TreeVerdict> {
	const { signal } = request;
	return new Promise((resolve, reject) => {
		const leave = (): void => {
			flight.watchers.delete(request);
			if (flight.watchers.size === 0) flight.controller.abort(stopping());
			// Who asked must not go on before the processes are gone.
			const end = (): void => reject(stopping());
			if (flight.watchers.size === 0) flight.verdict.then(end, end);
			else end();
		};
		signal?.addEventListener('abort', leave, { once: true });
		if (signal?.aborted) return leave();
		flight.verdict.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave));
	});
}

function stopping(): Error {
	return ganglineError('STOPPING', 'the gates were stopped before they were done');
}
