/** Switches in how work is given and taken back: slots, late messages, reports, limits, clones, other homes. */
import type { Switch } from './switch.ts';

const worker = 'node/worker/worker.ts';
const plan = 'node/home/plan-work.ts';
const pool = 'node/home/worker-pool.ts';
const box = 'node/worker/report-box.ts';

export const workSwitches: readonly Switch[] = [
	{
		name: 'slots-ignored',
		breaks: 'a machine runs as many agents as it has slots',
		edits: [
			{
				file: 'node/worker/machine-room.ts',
				find: 'return Math.max(0, this.#slots - this.#taken - this.#quarantined);',
				replace: 'return Math.max(1, this.#slots - this.#taken - this.#quarantined);',
			},
		],
	},
	{
		name: 'begun-after-its-end',
		breaks: 'a message that was long on its way begins no run of a grant that is over',
		edits: [
			{
				file: box,
				find: 'return over !== undefined && over >= grant.token[1];',
				replace: 'return over !== undefined && over > grant.token[1] + 1_000_000;',
			},
		],
	},
	{
		name: 'dead-work-dropped',
		breaks: 'commits of an attempt that a crash interrupted are kept',
		edits: [
			{
				file: worker,
				find: 'const [commit, spent] = [await attempts.rescue(task), await attempts.spent(task)];',
				replace: 'const [commit, spent] = [null, await attempts.spent(task)];',
			},
		],
	},
	{
		name: 'interrupted-forgotten',
		breaks: 'an attempt that a crash interrupted gets its report too',
		edits: [
			{
				file: worker,
				find: 'for (const task of await this.#box.interrupted()) {',
				replace: 'for (const task of (await this.#box.interrupted()).slice(0, 0)) {',
			},
		],
	},
	{
		name: 'limit-forgotten',
		breaks: 'nothing begins with an account before its limit ends',
		edits: [
			{
				file: 'node/home/work-loop.ts',
				find: 'await pool.limited(from, loginOf(said, await config()).account, report.until);',
				replace: 'await pool.limited(from, loginOf(said, await config()).account, report.until % 7);',
			},
		],
	},
	{
		name: 'any-node-gives-work',
		breaks: 'only the home of a project gives its work',
		edits: [
			{
				file: 'node/foreign/work-service.ts',
				find: 'if (homeOf(id) !== node) {',
				replace: 'if (homeOf(id) === null) {',
			},
		],
	},
	{
		name: 'resumed-over-commits',
		breaks: 'what comes after a run that has ended needs another grant',
		edits: [
			{
				file: 'node/home/grants.ts',
				find: 'if (isOver || item.token[0] !== home.facts.term) {',
				replace: 'if (isOver && item.token[0] < 0) {',
			},
			{
				file: 'node/worker/worker.ts',
				find: 'if (this.#box.isOver(task) || this.#refusal(task) !== null',
				replace: 'if (this.#refusal(task) !== null',
			},
		],
	},
	{
		name: 'granted-over-report',
		breaks: 'nothing is begun for an item whose last report is not settled',
		edits: [
			{
				file: plan,
				find: 'if (heard.some((worker) => isReporting(worker, item.key) || isBusy(worker))) return undefined;',
				replace: 'if (heard.some((worker) => isBusy(worker))) return undefined;',
			},
			{
				file: plan,
				find: 'if (workers.some((worker) => isHeard(worker) && isReporting(worker, item.key))) return undefined;',
				replace:
					'if (workers.some((worker) => isReporting(worker, item.key) && worker.author === null)) return undefined;',
			},
			{
				file: worker,
				find: "if (this.#box.keys.has(item.key)) return 'the last report about the item is not settled yet';",
				replace: '',
			},
		],
	},
	{
		name: 'revoked-waited-for',
		breaks: 'who was cut off for good loses its item at once',
		edits: [
			{
				file: plan,
				find: 'return isGone || silentMs >= Math.max(unknownMs, lostAfterMs(item));',
				replace: 'return silentMs >= Math.max(unknownMs, lostAfterMs(item)) * (isGone ? 4 : 1);',
			},
		],
	},
	{
		name: 'labels-ignored',
		breaks: 'an item that asks for a label goes to a node that has it',
		edits: [
			{
				file: 'node/home/needed-labels.ts',
				find: 'return labels.flatMap((label) => (label.startsWith(needsLabel) ? [label.slice(needsLabel.length)] : []));',
				replace: 'return labels.flatMap((label) => (label === needsLabel ? [label.slice(needsLabel.length)] : []));',
			},
		],
	},
	{
		name: 'pause-ignored',
		breaks: 'a paused project begins nothing and lands nothing',
		edits: [
			{
				file: 'node/home/project.ts',
				find: "if (this.#record.paused) return 'the project is paused: gangline resume';",
				replace: '',
			},
			{
				file: 'node/home/project.ts',
				find: 'if (this.#record.paused || this.#trouble !== null) return;',
				replace: 'if (this.#trouble !== null) return;',
			},
			{
				file: 'node/home/grants.ts',
				find: 'const { home, pool, log, runs, isPaused } = this.#options;',
				replace: 'const { home, pool, log, runs } = this.#options;\n\t\tconst isPaused = () => false;',
			},
			{
				file: 'node/home/landing-queue.ts',
				find: 'const verdict = this.#options.isPaused() ? null : await this.#judge',
				replace: 'const verdict = await this.#judge',
			},
			{
				file: 'node/home/landing-queue.ts',
				find: "if (this.#options.isPaused()) return 'settled';",
				replace: '',
			},
		],
	},
	{
		name: 'pause-forgotten',
		breaks: 'a project that was paused is paused after a crash too',
		edits: [
			{
				file: 'node/home/project.ts',
				find: 'await this.#parts.saveRecord(record);',
				replace: 'if (!record.paused) await this.#parts.saveRecord(record);',
			},
		],
	},
	{
		name: 'promises-uncounted',
		breaks: 'what is promised to runs that have not reported counts as spent',
		edits: [
			{
				file: 'node/home/budget.ts',
				find: 'const left = limit - spent - reserved;',
				replace: 'const left = limit - spent - 0 * reserved;',
			},
		],
	},
	{
		name: 'costs-forgotten',
		breaks: 'what runs have cost outlives the process of their home',
		edits: [
			{
				file: 'node/home/cost-ledger.ts',
				find: 'if (row?.success) ledger.#rows.set(id, row.data);',
				replace: 'if (row?.success && row.data.costUsd < 0) ledger.#rows.set(id, row.data);',
			},
		],
	},
	{
		name: 'slot-kept',
		breaks: 'a slot is free again when its attempt is over',
		edits: [
			{
				file: worker,
				find: 'room.freeSlot();\n\t\t\tthis.#running.delete(key);',
				replace: 'this.#running.delete(key);',
			},
		],
	},
	{
		name: 'report-said-once',
		breaks: 'a report is said until it is settled',
		edits: [{ file: worker, find: 'this.#deliverAgain(task, report, retryMs);', replace: '' }],
	},
	{
		name: 'clones-kept',
		breaks: 'clones that nobody needs any more are removed',
		edits: [
			{
				file: pool,
				find: 'return (state?.projects ?? []).flatMap(({ clones }) => clones.filter((key) => !keep.has(key)));',
				replace:
					'return (state?.projects ?? []).flatMap(({ clones }) => clones.filter((key) => !keep.has(key) && key.length === 0));',
			},
		],
	},
	{
		name: 'gateway-needed',
		breaks: 'a home whose gateway is away places by itself',
		edits: [
			{
				file: 'node/home/placer.ts',
				find: 'if (answer === null) return this.#alone(tasks, nodes);',
				replace:
					"if (answer === null && nodes.length > 1) return { assignments: [], waiting: [], by: 'home', considered: new Map() };\n\t\tif (answer === null) return this.#alone(tasks, nodes);",
			},
		],
	},
];
