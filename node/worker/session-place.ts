/**
 * Where the sessions of an attempt work: the clone, the whole environment of their program, what they may do unasked,
 * and the gates that they may run there themselves.
 */
import type { Confinement } from '../../shared/ports/index.ts';
import { type AgentLogin, gateEnvironment } from '../agents/index.ts';
import type { AttemptInput, AttemptParts } from './attempt.ts';
import type { SessionsInput } from './attempt-sessions.ts';
import { runCloneGates } from './clone-gates.ts';
import type { SaidWords } from './said-words.ts';
import { sessionEnvironment } from './session-environment.ts';

export interface ClonePlace {
	readonly cwd: string;
	readonly tmp: string;
	/** Of set-up and gates; a session may write into its login's folder besides. */
	readonly confinement: Confinement;
	readonly login: AgentLogin;
	readonly runId: string;
	readonly isNewClone: boolean;
	/** What people say to the attempt. */
	readonly said: SaidWords;
	/** The file with what the last try failed with. */
	readonly lastFailure: string;
	/** Pids of a gate that could not be ended. */
	readonly onSurvivors: (pids: readonly number[]) => void;
}

export function sessionsIn(parts: AttemptParts, input: AttemptInput, place: ClonePlace): SessionsInput {
	const { person, author, secrets } = parts;
	const { task, config, signal, runLog, portBase, onPid, onSteering, onAsk } = input;
	const { lastFailure, onSurvivors, login, confinement, ...where } = place;
	return {
		...where,
		account: login.account,
		confinement: { ...confinement, writable: [...confinement.writable, ...login.folders] },
		...{ task, signal, runLog, onPid, onSteering, onAsk },
		commands: [...config.setup.commands, ...config.gate.map(({ command }) => command)],
		gates: oneAtATime((run, asked) =>
			runCloneGates({
				...{ ports: parts.ports, gates: config.gate, onLog: runLog.write, onSurvivors },
				...{ cwd: place.cwd, confinement, runId: `${place.runId}-own-${run}`, signal: asked },
				env: gateEnvironment({ person, tmp: place.tmp, portBase }),
			}),
		),
		env: (agent, settings) => ({
			...sessionEnvironment({
				...{ person, author, secrets, runtime: agent, settings, login, portBase },
				tmp: place.tmp,
			}),
			GANGLINE_LAST_FAILURE: lastFailure,
		}),
	};
}

/** Two runs in one clone would disturb each other. */
function oneAtATime(run: (number: number, signal: AbortSignal) => Promise<string>) {
	let isRunning = false;
	let runs = 0;
	return async (signal: AbortSignal): Promise<string> => {
		if (isRunning) return 'the gates are running already: wait for that answer';
		isRunning = true;
		runs += 1;
		try {
			return await run(runs, signal);
		} finally {
			isRunning = false;
		}
	};
}
