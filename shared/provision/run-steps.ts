/**
 * Runs the steps of a project's making, one after the other, from the first: each looks first and does only what is not
 * so yet, so a run after a crash or a failure is quick where the earlier one came and goes on from there. What a step
 * says is in the record while it happens.
 */
import type { ContainerStep, ContainerStepName } from '../operations/index.ts';
import type { Clock } from '../ports/index.ts';
import type { ContainerRecord } from './records.ts';

export interface StepRun {
	/** As it was before the step. */
	readonly record: ContainerRecord;
	/** Says what happens now. */
	readonly say: (words: string) => void;
}

/** What came of a step: words, and what changes in the record. */
export interface StepResult {
	readonly words: string;
	readonly change?: Partial<ContainerRecord>;
	/** Steps that it found out about, for the end. */
	readonly more?: readonly Step[];
}

export interface Step {
	readonly name: ContainerStepName;
	readonly doing: string;
	readonly run: (run: StepRun) => Promise<StepResult>;
}

export interface StepRunner {
	readonly clock: Clock;
	readonly steps: readonly Step[];
	readonly record: ContainerRecord;
	/** Keeps the record and tells who watches. */
	readonly keep: (record: ContainerRecord) => Promise<void>;
	/** Tells who watches, without keeping. */
	readonly show: (record: ContainerRecord) => void;
}

export function waitingSteps(steps: readonly Pick<Step, 'name'>[]): ContainerStep[] {
	return steps.map(({ name }) => ({ name, state: 'waiting', words: '', tookMs: null }));
}

/** Answers the record at its end; throws what the failing step threw, the record then says where. */
export async function runSteps({ clock, steps, record: first, keep, show }: StepRunner): Promise<ContainerRecord> {
	let record: ContainerRecord = {
		...first,
		phase: 'making',
		hint: null,
		steps: waitingSteps(steps),
		changedAt: clock.now(),
	};
	await keep(record);
	const all = [...steps];
	for (const step of all) {
		const begun = clock.monotonic();
		const mark = (state: ContainerStep['state'], words: string, tookMs: number | null = null): ContainerRecord => ({
			...record,
			changedAt: clock.now(),
			steps: record.steps.map((one) => (one.name === step.name ? { name: one.name, state, words, tookMs } : one)),
		});
		record = mark('running', step.doing);
		await keep(record);
		try {
			const { words, change = {}, more = [] } = await step.run({ record, say: (now) => show(mark('running', now)) });
			record = { ...mark('done', words, Math.round(clock.monotonic() - begun)), ...change };
			all.push(...more);
			record = { ...record, steps: [...record.steps, ...waitingSteps(more)] };
			await keep(record);
		} catch (error) {
			record = { ...mark('failed', error instanceof Error ? error.message : String(error)), phase: 'failed' };
			const hint = error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : null;
			await keep({ ...record, hint });
			throw error;
		}
	}
	record = { ...record, phase: 'ready', changedAt: clock.now() };
	await keep(record);
	return record;
}
