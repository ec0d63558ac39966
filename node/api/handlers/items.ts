/** Answers what is asked about items. A change is an intent by the person who asks; its outcome is the answer. */
import { listKeptWork } from '../../../shared/git/index.ts';
import {
	addIntent,
	approveIntent,
	type Binding,
	deleteIntent,
	editIntent,
	findView,
	type Handlers,
	type ItemDraft,
	itemAnswer,
	itemDetail,
	listed,
	moveIntent,
	nextSentence,
	type Result,
	rejectIntent,
	shellWord,
} from '../../../shared/operations/index.ts';
import { explainRefusalIn, type ItemView, type Refusal } from '../../../shared/pipeline/index.ts';
import { type CommitId, type GanglineError, ganglineError } from '../../../shared/ports/index.ts';
import { newUlid } from '../../../shared/ports/ulid.ts';
import { openers } from '../../../shared/replica/index.ts';
import { readHistory } from '../../home/history.ts';
import type { Settled } from '../../home/home.ts';
import type { Project } from '../../home/project.ts';
import { runName } from '../../home/run-book.ts';
import type { PreviewState } from '../../worker/index.ts';
import { archiveHandlers } from './archive.ts';
import type { HandlerContext } from './context.ts';
import { diffOf, statOf } from './diff.ts';
import { planningHandlers } from './planning.ts';
import { steeringHandlers } from './steering.ts';

type ItemHandlers = Pick<Handlers, Extract<keyof Handlers, `item.${string}`>>;

export function itemHandlers(context: HandlerContext): ItemHandlers {
	const { random, clock } = context;

	/** Submits what somebody wants, all of it together, or throws REFUSED with what is possible now. */
	async function changeAll(project: Project, drafts: readonly ItemDraft[]): Promise<void> {
		const [first] = drafts;
		if (first === undefined) return;
		const before = project.home.item(first.item);
		const settled = await project.home.submit(first.by === 'agent' ? 'work' : 'edge', drafts);
		const no = settled.find(({ outcome }) => outcome !== 'applied');
		if (no !== undefined) throw refused(project, no, before?.stage.kind);
		project.poke();
	}

	/** The same of one; answers the item's key. */
	async function change(project: Project, draft: ItemDraft): Promise<string> {
		await changeAll(project, [draft]);
		return draft.item;
	}

	function answer(project: Project, key: string, hint: string | null = null): Result<'item.add'> {
		const views = project.views();
		const view = views.get(key);
		if (!view) throw ganglineError('UNKNOWN_ITEM', `the item ${key} is gone`);
		const item = itemAnswer(view, project.surroundings(views));
		return { item, answer: nextSentence(item, item.holder?.node ?? project.worker.startsOn(item)), hint };
	}

	return {
		...steeringHandlers({ ...context, change, answer }),
		...planningHandlers({ ...context, changeAll, itemAnswer: (project, key) => answer(project, key).item }),
		...archiveHandlers(context),
		'item.add': async (args, caller) => {
			const project = context.project(args.project);
			const { agent, description } = args;
			await project.lookForAgent({ agent, description });
			const key = await change(project, addIntent(args, { project, caller, key: newUlid(clock, random) }));
			await project.settleWork();
			return answer(project, key);
		},
		'item.edit': async (args, caller) => {
			const project = context.project(args.project);
			const { key } = findView(project, args.item);
			const draft = editIntent(args, { project, caller });
			if (draft !== null) await change(project, draft);
			if (args.description !== undefined) await project.exchange.openTexts.write(key, args.description);
			await project.settleWork();
			return answer(project, key, afterEdit(project, key, args.description));
		},
		'item.list': async ({ project: ref, ...filter }) => {
			const project = context.project(ref);
			const views = project.views();
			const around = project.surroundings(views);
			return {
				items: listed(
					[...views.values()].map((view) => itemAnswer(view, around)),
					filter,
				),
			};
		},
		'item.show': async (args) => {
			const project = context.project(args.project);
			const view = findView(project, args.item);
			const { entries } = await readHistory(context.store, { project: project.id, key: view.key, limit: 50 });
			return {
				item: itemDetail(view, {
					...project.surroundings(project.views()),
					review: project.config().review.mode,
					node: context.node,
					change: await changeOf(project, view),
					history: entries,
					keptRefs: (await project.keptRefs(view.key)).map(({ ref }) => ref),
					people: openers(context.people(project.id), view.key),
				}),
			};
		},
		'item.diff': async (args) => {
			const project = context.project(args.project);
			const view = findView(project, args.item);
			const shown = await changeOf(project, view);
			if (!shown) {
				throw ganglineError('NOTHING_TO_SHOW', `${view.name} has no result yet: it is in ${view.stage.kind}`, {
					hint: `gangline logs ${view.name.replace('#', '')} shows what is being done`,
				});
			}
			const { patch, hunks, cut, command } = await diffOf(project, shown.binding, args.bytes);
			const item = itemAnswer(view, project.surroundings(project.views()));
			return { item, ...shown, patch, hunks, cut, takenAt: clock.now(), command };
		},
		'item.approve': async (args, caller) => {
			const project = context.project(args.project);
			const key = await change(project, approveIntent(args, { project, caller }));
			return answer(project, key, landWhenGreenHint(project));
		},
		'item.reject': async (args, caller) => {
			const project = context.project(args.project);
			const key = await change(project, rejectIntent(args, { project, caller }));
			await project.settleWork();
			return answer(project, key);
		},
		'item.move': async (args, caller) => {
			const project = context.project(args.project);
			await project.lookForAgent(findView(project, args.item));
			const key = await change(project, moveIntent(args, { project, caller }));
			await project.settleWork();
			return answer(project, key);
		},
		'item.delete': async (args, caller) => {
			const project = context.project(args.project);
			const view = findView(project, args.item);
			await project.stopWork(view.key, 'the item was deleted');
			await project.worker.salvage(view.key);
			await change(project, deleteIntent(args, { project, caller }));
			await project.runs.forget(view.key);
			await project.talks.forget(view.key);
			const kept = await project.keptRefs(view.key);
			const words = `${view.name} is deleted${kept.length > 0 ? '; its work is kept: gangline salvage' : ''}`;
			return { key: view.key, name: view.name, answer: words, kept: [...kept] };
		},
		'item.history': async (args) => {
			const project = context.project(args.project);
			const key = args.item && findView(project, args.item).key;
			const { entries, more } = await readHistory(context.store, {
				project: project.id,
				key,
				before: args.before,
				limit: args.limit,
			});
			return { entries: [...entries], more };
		},
		'item.logs': async (args) => {
			const project = context.project(args.project);
			const view = findView(project, args.item);
			const { key, holder, token } = view;
			const current = holder === null || token === null ? null : runName({ token });
			return {
				item: itemAnswer(view, project.surroundings(project.views())),
				...(await project.worker.runLog({ key, current, run: args.run, lines: args.lines, contains: args.contains })),
			};
		},
		'item.refusals': async (args) => {
			const project = context.project(args.project);
			const refused = project.exchange.refusedWishes(project.views());
			if (args.seen) await project.exchange.seen();
			return { refused };
		},
		'item.why': async (args) => {
			const project = context.project(args.project);
			const view = findView(project, args.item);
			const placement = project.placement(view.key);
			const item = itemAnswer(view, project.surroundings(project.views()));
			const answer = nextSentence(item, item.holder?.node ?? project.worker.startsOn(item));
			if (placement === null) return { item, answer, placement };
			const { node, reasons, nodes, by, at } = placement;
			const considered = nodes.map(({ name, takes, reasons: why }) => ({ name, takes, reasons: [...why] }));
			const name = node === null ? null : project.nodeNameOf(node);
			return { item, answer, placement: { by, at, node: name, reasons: [...reasons], nodes: considered } };
		},
		'item.prompt': async (args) => {
			const project = context.project(args.project);
			const view = findView(project, args.item);
			const item = itemAnswer(view, project.surroundings(project.views()));
			return { item, ...(await project.prompt(view, args.role)) };
		},
		'item.preview': async (args) => {
			const project = context.project(args.project);
			const view = findView(project, args.item);
			const shown = await project.preview(view, args.action);
			const item = itemAnswer(view, project.surroundings(project.views()));
			const { state, url, commit, why, lines } = shown;
			return {
				item,
				state,
				url,
				commit,
				why,
				lines: [...lines],
				answer: previewWords(view, shown, project.nodeName),
			};
		},
		'item.salvage': async (args) => {
			const project = context.project(args.project);
			const key = args.item && findView(project, args.item).key;
			const made = args.keep && key ? await project.worker.salvage(key) : null;
			return { kept: [...(await keptWork(project, key))], made };
		},
	};
}

function refused(project: Project, { intent, outcome }: Settled, stage: string | undefined): GanglineError {
	const refusal = outcome.replace(/^refused:/, '') as Refusal;
	return ganglineError('REFUSED', explainRefusalIn(project.home.facts, refusal, intent), { data: { refusal, stage } });
}

/** Salvaged clones, and attempts; of items that have landed only what a worker elsewhere lost the race with. */
async function keptWork(project: Project, key: string | undefined): Promise<Result<'item.salvage'>['kept']> {
	const views = project.views();
	const prefixes = ['salvage', 'attempts'].map((kind) => `refs/gangline/${kind}/${key ?? ''}`);
	const kept = (await Promise.all(prefixes.map((prefix) => listKeptWork(project.repository, prefix)))).flat();
	return kept.flatMap(({ ref, commit, at, subject }) => {
		const item = views.get(ref.split('/')[3] ?? '');
		if (key === undefined && item?.stage.kind === 'done' && !isFromElsewhere(ref)) return [];
		const command = `git fetch ${shellWord(project.repository.path)} ${ref} && git switch --detach FETCH_HEAD`;
		return [{ ref, commit, item: item?.name ?? null, at, subject, command }];
	});
}

const isFromElsewhere = (ref: string): boolean => /\/salvage\/[^/]+\/n[0-9a-f]+-\d+$/.test(ref);

/** What an approval of now would be bound to, with what it changes on main. */
async function changeOf(project: Project, view: Pick<ItemView, 'result'>) {
	if (view.result === null) return null;
	const main = await project.repository.main();
	const branch = view.result.commit as CommitId;
	if (main === null) return null;
	const mergeBase = (await project.repository.mergeBase(main, branch)) ?? (view.result.base as CommitId);
	const binding: Binding = { branch, main, mergeBase };
	return { binding, stat: await statOf(project, binding) };
}

function previewWords({ name, result }: ItemView, { state, commit, url, why }: PreviewState, node: string): string {
	const what = commit === result?.commit ? '' : ', as its clone was when this was begun';
	switch (state) {
		case 'starting':
			return `${name} is being made ready on ${node}`;
		case 'running':
			return `${name} runs on ${node}${what}: ${url}`;
		case 'failed':
			return `${name} does not run: ${why}`;
		case 'stopped':
			return `${name} is not running`;
	}
}

/** What an edit does not do by itself. */
function afterEdit(project: Project, key: string, description: string | undefined): string | null {
	const item = project.home.item(key);
	if (item?.stage.kind === 'blocked') return `gangline move ${item.number} unblock lets it go on`;
	if (item?.role == null || description === undefined) return null;
	return 'who works on it now was given the earlier text; the next prompt has this one';
}

function landWhenGreenHint(project: Project): string | null {
	if (project.config().review.mode !== 'human' || project.landings() > 1) return null;
	return 'to land what is green without being asked from now on, add --land-when-green to an approval';
}
