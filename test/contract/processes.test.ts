/** What every Processes promises, on Linux with each anchor that works here and on the twin. */
import { afterAll, describe, expect, test } from 'vitest';
import { createProcesses } from '../../node/agents/processes/index.ts';
import type { Anchor, Processes, ProcessSpec, RunningProcess } from '../../shared/ports/index.ts';
import { SimClock } from '../../shared/ports/sim/sim-clock.ts';
import { SimMachine, SimProcesses, type SimProgram } from '../../shared/ports/sim/sim-processes.ts';
import { plainEnv, removeStage, temporaryStage, unconfined } from '../support/hostile-tree.ts';

type Name = 'say' | 'copy' | 'wait' | 'deaf' | 'leave';

interface Subject {
	readonly processes: Processes;
	/** A second one on the same machine, as after a crash of the first. */
	again(): Promise<Processes>;
	argv(name: Name): readonly [string, ...string[]];
	/** Lets time pass until it is settled. */
	drive<T>(promise: Promise<T>): Promise<T>;
}

const scripts: Record<Name, string> = {
	say: 'echo hello; echo oops >&2; exit 3',
	copy: 'cat',
	wait: 'echo up; sleep 600; :',
	deaf: "trap '' TERM; echo up; sleep 600; sleep 600; :",
	leave: 'setsid sleep 600 >/dev/null 2>&1 & exit 0',
};

const programs: Record<Name, SimProgram> = {
	say: async (run) => {
		run.say('stdout', 'hello\n');
		run.say('stderr', 'oops\n');
		return 3;
	},
	copy: async (run) => {
		if (run.spec.stdin) run.say('stdout', run.spec.stdin);
		return 0;
	},
	wait: async (run) => {
		run.say('stdout', 'up\n');
		while (!run.term.aborted) await run.pause(1000);
		return 143;
	},
	deaf: async (run) => {
		run.say('stdout', 'up\n');
		for (;;) await (run.term.aborted ? new Promise(() => {}) : run.pause(1000));
	},
	leave: async (run) => {
		run.leaveBehind(1);
		return 0;
	},
};

function real(anchor: Anchor): () => Promise<Subject | null> {
	return async () => {
		const make = (): Promise<Processes> =>
			createProcesses({
				scope: `contract-${process.pid}-${anchor.toLowerCase()}`,
				anchors: [anchor],
				stage: temporaryStage(),
			});
		const processes = await make().catch(() => null);
		if (!processes) return null;
		return { processes, again: make, argv: (name) => ['sh', '-c', scripts[name]], drive: (promise) => promise };
	};
}

async function twin(): Promise<Subject> {
	const clock = new SimClock();
	const machine = new SimMachine(clock, programs);
	const drive = async <T>(promise: Promise<T>): Promise<T> => {
		let settled = false;
		const end = promise.finally(() => {
			settled = true;
		});
		end.catch(() => {});
		for (let i = 0; i < 1000 && !settled; i++) await clock.advance(10);
		return await end;
	};
	return {
		processes: new SimProcesses(machine),
		again: async () => new SimProcesses(machine),
		argv: (name) => [name],
		drive,
	};
}

const subjects: Record<string, () => Promise<Subject | null>> = {
	'Linux, cgroup': real('cgroup'),
	'Linux, pidNamespace': real('pidNamespace'),
	'Linux, marker': real('marker'),
	twin,
};

afterAll(removeStage);

for (const [name, make] of Object.entries(subjects)) {
	const subject = await make();
	if (!subject) {
		console.warn(`contract/processes: ${name} does not work on this machine and is left out`);
		continue;
	}
	contract(name, subject);
}

function contract(title: string, { processes, again, argv, drive }: Subject): void {
	let runs = 0;
	const started: RunningProcess[] = [];
	const start = (
		name: Name | null,
		extra: Partial<ProcessSpec> = {},
	): { run: RunningProcess; said: () => string; up: Promise<void> } => {
		let said = '';
		let up: () => void = () => {};
		const isUp = new Promise<void>((resolve) => {
			up = resolve;
		});
		runs += 1;
		const run = processes.start({
			id: `run-${runs}`,
			argv: name ? argv(name) : ['no-such-program-anywhere'],
			cwd: '/',
			env: plainEnv,
			confinement: unconfined,
			onOutput: (stream, bytes) => {
				said += `${stream}:${Buffer.from(bytes).toString('utf8')}`;
				if (said.includes('up\n')) up();
			},
			...extra,
		});
		started.push(run);
		return { run, said: () => said, up: isUp };
	};

	describe(`Processes (${title})`, () => {
		afterAll(async () => {
			for (const run of started) await drive(run.stop(0));
		});

		test('tells how a program ended and passes on what it said', async () => {
			const { run, said } = start('say');
			expect(await drive(run.exited)).toEqual({ kind: 'code', code: 3 });
			expect(said()).toContain('stdout:hello\n');
			expect(said()).toContain('stderr:oops\n');
			expect(run.identity?.pid).toBeGreaterThan(1);
		});

		test('writes stdin and closes it', async () => {
			const { run, said } = start('copy', { stdin: 'some input' });
			expect(await drive(run.exited)).toEqual({ kind: 'code', code: 0 });
			expect(said()).toBe('stdout:some input');
		});

		test('gives an empty stdin where none is given', async () => {
			const { run, said } = start('copy');
			expect(await drive(run.exited)).toEqual({ kind: 'code', code: 0 });
			expect(said()).toBe('');
		});

		test('says that a missing program was not started, and has nothing to stop', async () => {
			const { run } = start(null);
			const end = await drive(run.exited);
			expect(end).toMatchObject({ kind: 'notStarted', reason: expect.stringContaining('no-such-program-anywhere') });
			expect(run.identity).toBeUndefined();
			expect(await drive(run.stop(0))).toEqual({ kind: 'empty', killed: 0 });
		});

		test('refuses an id that is in use, and one that names no run', () => {
			const { run } = start('wait');
			expect(() => start('wait', { id: run.id })).toThrow(/is there already/);
			expect(() => start('wait', { id: '../x' })).toThrow(/is no run id/);
		});

		test('[I5] ends a program on TERM and shows that nothing is left', async () => {
			const { run, up } = start('wait');
			await drive(up);
			expect(await processes.census(run.id)).toBeGreaterThan(0);
			expect(await drive(run.stop(5_000))).toMatchObject({ kind: 'empty' });
			expect(await processes.census(run.id)).toBe(0);
			expect((await drive(run.exited)).kind).not.toBe('notStarted');
		});

		test('[I5] ends a program that is deaf to TERM after the grace', async () => {
			const { run, up } = start('deaf');
			await drive(up);
			expect(await drive(run.stop(30))).toMatchObject({ kind: 'empty' });
			expect(await drive(run.exited)).toEqual({ kind: 'signal', signal: 'SIGKILL' });
		});

		test('[I5] ends what a program leaves behind, and may be asked twice', async () => {
			const { run } = start('leave');
			expect(await drive(run.exited)).toEqual({ kind: 'code', code: 0 });
			expect(await drive(run.stop(0))).toMatchObject({ kind: 'empty' });
			expect(await drive(run.stop(0))).toMatchObject({ kind: 'empty' });
			expect(await processes.census(run.id)).toBe(0);
		});

		test('[I5] a later process of the node sweeps what an earlier one left, and not its own', async () => {
			const left = start('deaf');
			await drive(left.up);
			const next = await again();
			const own = next.start({ id: 'own', argv: argv('wait'), cwd: '/', env: plainEnv, confinement: unconfined });
			expect(await drive(next.sweep())).toMatchObject({ kind: 'empty' });
			expect(await next.census(left.run.id)).toBe(0);
			expect(await next.census('own')).toBeGreaterThan(0);
			await drive(own.stop(0));
		});
	});
}
