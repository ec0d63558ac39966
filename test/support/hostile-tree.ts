/**
 * A process tree that does what it can to outlive its stop, and the means to count what is left of it. Each of its
 * processes carries the tree's own number in its arguments, so the count needs nothing of what is tested.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Processes, ProcessSpec, StopReport } from '../../shared/ports/index.ts';

let counter = 0;

let stage: string | undefined;

/** A mount point for all runs of this process. */
export function temporaryStage(): string {
	stage ??= mkdtempSync(join(tmpdir(), 'gangline-stage-'));
	return stage;
}

export function removeStage(): void {
	if (stage !== undefined) rmSync(stage, { recursive: true, force: true });
	stage = undefined;
}

/** A number that no other tree on this machine has. */
export function treeNumber(): string {
	counter += 1;
	return `86400.${process.pid}${String(counter).padStart(4, '0')}`;
}

/**
 * New sessions, double forks, an emptied environment, deaf to TERM, stopped, a storm of forks, one that forks for ever,
 * pipes held open; with `relays` also one that is another process every few milliseconds.
 */
export function hostileScript(number: string, relays: boolean): string {
	return `
trap '' TERM HUP INT
setsid sh -c 'trap "" TERM; sleep ${number}; :' &
(setsid sh -c 'sleep ${number} & sleep ${number}; :' &)
env -i /usr/bin/setsid /bin/sleep ${number} &
(env -i /bin/sh -c '(/usr/bin/setsid /bin/sh -c "(/bin/sleep ${number} &); /bin/sleep ${number}; :" &) ; :' &)
sh -c 'kill -STOP $$; sleep ${number}; :' &
sh -c 'i=0; while [ $i -lt 60 ]; do (sleep ${number}; :) & i=$((i+1)); done; wait' &
sh -c 'trap "" TERM; while :; do sh -c "sleep 0.05" ${number}; done' ${number} &
${relays ? relay(number) : ''}sleep 0.2
echo up
exec >/dev/null
sleep ${number}; :
`;
}

function relay(number: string): string {
	return `perl -e '$SIG{TERM} = "IGNORE"; while (1) { exit if fork; select undef, undef, undef, 0.005 }' ${number} &\n`;
}

/** Living processes (no zombies) whose arguments hold `number`. */
export function countTree(number: string): number {
	return processesWith(number).length;
}

export function processesWith(text: string): number[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => {
			try {
				if (!readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text)) return false;
				return !/^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
			} catch {
				return false;
			}
		});
}

export const unconfined = { hidden: [], readOnly: [], writable: [] };

export const plainEnv = { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8' };

export interface TreeOutcome {
	readonly grown: number;
	readonly census: number;
	readonly report: StopReport;
	readonly left: number;
	/** From the end of the grace time until it was seen empty. */
	readonly stopMs: number;
}

/** Starts the tree, waits until it has grown, stops it, counts. */
export async function growAndStop(
	processes: Processes,
	id: string,
	{ graceMs = 50, ...extra }: Partial<ProcessSpec> & { readonly graceMs?: number } = {},
): Promise<TreeOutcome> {
	const number = treeNumber();
	let up: () => void = () => {};
	const grownUp = new Promise<void>((resolve) => {
		up = resolve;
	});
	const run = processes.start({
		id,
		// Who is never there for longer than a look at /proc takes is found by the kernel alone (SECURITY.md).
		argv: ['sh', '-c', hostileScript(number, processes.anchor !== 'marker')],
		cwd: '/',
		env: plainEnv,
		confinement: unconfined,
		onOutput: (_, bytes) => {
			if (Buffer.from(bytes).includes('up')) up();
		},
		...extra,
	});
	await Promise.race([grownUp, run.exited]);
	const grown = countTree(number);
	const census = await processes.census(id);
	const before = performance.now();
	const report = await run.stop(graceMs);
	const stopMs = performance.now() - before - graceMs;
	await run.exited;
	return { grown, census, report, left: countTree(number), stopMs };
}
