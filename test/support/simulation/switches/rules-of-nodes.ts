/** Switches in what nodes owe each other: grants and leases, reports, processes. */
import type { Switch } from './switch.ts';

const worker = 'node/worker/worker.ts';
const plan = 'node/home/plan-work.ts';
const box = 'node/worker/report-box.ts';

export const nodeSwitches: readonly Switch[] = [
	{
		name: 'recorded-before-killed',
		breaks: 'the end of an attempt is recorded when its processes are gone',
		edits: [
			{
				file: worker,
				find: 'const end = await this.#run(running, { portBase, runLog });',
				replace:
					"const aborted = new Promise<AttemptEnd>((resolve) => running.controller.signal.addEventListener('abort', () => resolve({ report: { kind: 'stopped', reason: 'it was told to', commit: null, usage: noUsage }, survivors: [] })));\n\t\t\tconst end = await Promise.race([aborted, this.#run(running, { portBase, runLog })]);",
			},
		],
	},
	{
		name: 'report-not-stored',
		breaks: 'a report outlives the process that made it',
		edits: [
			{
				file: box,
				find: "{ kind: 'put', key: this.#name('report', task), value: asJson({ task, report: withinBounds(report) }) },",
				replace: '',
			},
		],
	},
	{
		name: 'settled-report-kept',
		breaks: 'a report that was settled goes',
		edits: [
			{
				file: box,
				find: 'if (sameToken(this.#open.get(task.item.key), task.token)) this.#open.delete(task.item.key);',
				replace: 'if (this.#open.size > 64) this.#open.delete(task.item.key);',
			},
		],
	},
	{
		name: 'granted-before-durable',
		breaks: 'a grant is a fact before its worker begins',
		edits: [
			{
				file: 'node/home/grants.ts',
				find: 'await this.#admit(node, holder);',
				replace:
					'await link.begin(await this.task({ item, role }, unminted, config, main));\n\t\tawait this.#admit(node, holder);',
			},
		],
	},
	{
		name: 'begun-twice',
		breaks: 'at most one attempt at an item runs on a node',
		edits: [
			{
				file: worker,
				find: 'if (this.#box.has(task) || (before && sameToken(before.task.token, task.token))) return true;',
				replace: 'if (this.#box.has(task)) return true;',
			},
			{
				file: worker,
				find: "if (this.#running.has(item.key)) return 'this machine works on the item already';",
				replace: '',
			},
		],
	},
	{
		name: 'never-cancelled',
		breaks: 'who lost an item is told to stop',
		edits: [
			{
				file: 'node/home/work-loop.ts',
				find: 'return pool.link(action.node).cancel(action.key, action.reason);',
				replace: 'return;',
			},
		],
	},
	{
		name: 'never-lost',
		breaks: 'a holder that is silent for too long loses its item',
		edits: [
			{
				file: plan,
				find: 'return isGone || silentMs >= Math.max(unknownMs, lostAfterMs(item));',
				replace: 'return isGone && silentMs >= Math.max(unknownMs, lostAfterMs(item));',
			},
		],
	},
	{
		name: 'impatience-ignored',
		breaks: 'an impatient item waits for no silent holder',
		edits: [{ file: 'node/home/work-loop.ts', find: "if (labels.includes('impatient')) return 0;", replace: '' }],
	},
	{
		name: 'lost-at-once',
		breaks: 'nobody loses an item that only was silent for a moment',
		edits: [
			{
				file: plan,
				find: 'return isGone || silentMs >= Math.max(unknownMs, lostAfterMs(item));',
				replace: 'return isGone || (silentMs >= 2_000 && lostAfterMs(item) >= 0 && unknownMs > 0);',
			},
		],
	},
	{
		name: 'lease-on-the-wall',
		breaks: 'leases are measured on monotonic clocks',
		edits: [
			{ file: 'node/home/worker-pool.ts', find: 'const at = clock.monotonic();', replace: 'const at = clock.now();' },
			{
				file: 'node/home/worker-pool.ts',
				find: 'const silentMs = clock.monotonic() - (heard?.at ?? this.#began);',
				replace: 'const silentMs = clock.now() - (heard?.at ?? this.#began);',
			},
			{
				file: 'node/home/worker-pool.ts',
				find: 'this.#began = options.clock.monotonic();',
				replace: 'this.#began = options.clock.now();',
			},
		],
	},
	{
		name: 'draining-takes',
		breaks: 'a draining node takes nothing new',
		edits: [
			{
				file: 'node/foreign/work-service.ts',
				find: 'const reason = takesNothing();',
				replace: 'const reason = takesNothing() === null ? null : null;',
			},
			{
				file: 'node/foreign/work-service.ts',
				find: 'return { begun: takesNothing() === null && found.standing().qualified',
				replace: 'return { begun: found.standing().qualified',
			},
			{
				file: 'node/home/worker-pool.ts',
				find: "const takes = standing === 'member' && state.shortage === null",
				replace: 'const takes = state.shortage === null',
			},
			{
				file: 'node/home/worker-pool.ts',
				find: "draining: member.standing === 'draining',",
				replace: 'draining: false,',
			},
		],
	},
	{
		name: 'holder-gone-forgotten',
		breaks: 'an item whose worker began anew is given back',
		edits: [
			{
				file: plan,
				find: "return isHeard(worker) && worker.author !== item.holder && !isBusy ? 'its worker began anew' : null;",
				replace: 'return isHeard(worker) && isBusy ? null : null;',
			},
		],
	},
];
