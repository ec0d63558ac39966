/** Answers what is asked about items. A change is an intent by the person who asks; its outcome is the answer. */
import { ulid } from 'ulid';
import { listKeptWork } from '../../../shared/git/index.ts';
import {
	type Args,
	type Binding,
	type Caller,
	eventFor,
	type Handlers,
	type Result,
} from '../../../shared/operations/index.ts';
import { explainRefusalIn, type Item, type ItemView, type Refusal } from '../../../shared/pipeline/index.ts';
import { type CommitId, type GanglineError, ganglineError, type Random } from '../../../shared/ports/index.ts';
import { readHistory } from '../../home/history.ts';
import type { Draft, Settled } from '../../home/home.ts';
import type { Project } from '../../home/project.ts';
import { refuseCircle } from './circle.ts';
import type { HandlerContext } from './context.ts';
import { diffOf, statOf } from './diff.ts';
import { findItem, findView } from './find.ts';
import { itemAnswer, itemDetail } from './item-view.ts';

type ItemHandlers = Pick<Handlers, Extract<keyof Handlers, `item.${string}`>>;

const listedColumns: ReadonlySet<string> = new Set(['backlog', 'coding', 'qa', 'merge', 'done']);

export function itemHandlers(context: HandlerContext): ItemHandlers {
	const { random, clock } = context;

	/** Submits one intent of a person and answers the item after it, or throws REFUSED with what is possible now. */
	async function change(project: Project, key: string, caller: Caller, draft: Omit<Draft, 'by' | 'who' | 'item'>) {
		const before = project.home.item(key);
		const [settled] = await project.home.submit('edge', [{ ...draft, by: 'user', who: caller.person, item: key }]);
		if (settled && settled.outcome !== 'applied') {
			throw refused(project, settled, before?.stage.kind);
		}
		project.poke();
	}

	function answer(project: Project, key: string, hint: string | null = null): Result<'item.add'> {
		const views = project.views();
		const view = views.get(key);
		if (!view) throw ganglineError('UNKNOWN_ITEM', `the item ${key} is gone`);
		const item = itemAnswer(view, project.surroundings(views));
		return { item, answer: sentence(view, item.waitsBecause, project), hint };
	}

	return {
		'item.add': async (args, caller) => {
			const project = context.project(args.project);
			const key = newKey(random, clock.now());
			const { title, type, description, labels, hold, upcoming, agent, review } = args;
			await project.lookForAgent({ agent, description });
			await change(project, key, caller, {
				event: 'add',
				args: {
					title,
					type,
					description,
					labels,
					held: hold,
					upcoming,
					agent,
					review,
					dependsOn: args.dependsOn.map((ref) => findItem(project, ref).key),
					parent: args.parent && findItem(project, args.parent).key,
				},
			});
			await project.settleWork();
			return answer(project, key);
		},
		'item.edit': async (args, caller) => {
			const project = context.project(args.project);
			const { key } = findItem(project, args.item);
			const { project: _project, item: _item, hold, dependsOn, parent, ...fields } = args;
			const links = {
				...(dependsOn ? { dependsOn: dependsOn.map((ref) => findItem(project, ref).key) } : {}),
				...(parent === undefined ? {} : { parent: parent && findItem(project, parent).key }),
			};
			refuseCircle(project, key, links);
			await change(project, key, caller, {
				event: 'edit',
				args: { ...fields, ...(hold === undefined ? {} : { held: hold }), ...links },
			});
			return answer(project, key);
		},
		'item.list': async ({ project: ref, columns, stages, labels, needsYou }) => {
			const project = context.project(ref);
			const views = project.views();
			const around = project.surroundings(views);
			const items = [...views.values()].map((view) => itemAnswer(view, around));
			return {
				items: items.filter(
					(item) =>
						(columns ? columns.includes(item.column) : stages !== undefined || listedColumns.has(item.column)) &&
						(stages?.includes(item.stage) ?? true) &&
						(labels?.every((label) => item.labels.includes(label)) ?? true) &&
						(!needsYou || item.needsYou !== null),
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
			const { patch, cut, command } = await diffOf(project, shown.binding, args.bytes);
			const item = itemAnswer(view, project.surroundings(project.views()));
			return { item, binding: shown.binding, stat: shown.stat, patch, cut, takenAt: clock.now(), command };
		},
		'item.approve': async (args, caller) => {
			const project = context.project(args.project);
			const item = findItem(project, args.item);
			const event = item.stage.kind === 'blocked' ? 'unblock' : 'approve';
			await change(project, item.key, caller, { event, args: { ...args.binding } });
			return answer(project, item.key, landWhenGreenHint(project));
		},
		'item.reject': async (args, caller) => {
			const project = context.project(args.project);
			const { key } = findItem(project, args.item);
			await change(project, key, caller, { event: 'requestChanges', args: { words: args.words } });
			await project.settleWork();
			return answer(project, key);
		},
		'item.move': async (args, caller) => {
			const project = context.project(args.project);
			const item = findItem(project, args.item);
			const event = eventFor(args.to, item.stage.kind);
			await project.lookForAgent(item);
			await change(project, item.key, caller, { event, args: moveArguments(event, args, project) });
			await project.settleWork();
			return answer(project, item.key);
		},
		'item.delete': async (args, caller) => {
			const project = context.project(args.project);
			const view = findView(project, args.item);
			await project.stopWork(view.key, 'the item was deleted');
			await project.worker.salvage(view.key);
			await change(project, view.key, caller, { event: 'delete' });
			await project.runs.forget(view.key);
			const kept = await project.keptRefs(view.key);
			const words = `${view.name} is deleted${kept.length > 0 ? '; its work is kept: gangline salvage' : ''}`;
			return { key: view.key, name: view.name, answer: words, kept: [...kept] };
		},
		'item.history': async (args) => {
			const project = context.project(args.project);
			const key = args.item && findItem(project, args.item).key;
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
			return {
				item: itemAnswer(view, project.surroundings(project.views())),
				...project.worker.runLog(view.key, args),
			};
		},
		'item.salvage': async (args) => {
			const project = context.project(args.project);
			const key = args.item && findItem(project, args.item).key;
			const made = args.keep && key ? await project.worker.salvage(key) : null;
			return { kept: [...(await keptWork(project, key))], made };
		},
	};
}

function refused(project: Project, { intent, outcome }: Settled, stage: string | undefined): GanglineError {
	const refusal = outcome.replace(/^refused:/, '') as Refusal;
	return ganglineError('REFUSED', explainRefusalIn(project.home.facts, refusal, intent), { data: { refusal, stage } });
}

/** Salvaged clones, and attempts of items that have not landed. */
async function keptWork(project: Project, key: string | undefined): Promise<Result<'item.salvage'>['kept']> {
	const views = project.views();
	const prefixes = ['salvage', 'attempts'].map((kind) => `refs/gangline/${kind}/${key ?? ''}`);
	const kept = (await Promise.all(prefixes.map((prefix) => listKeptWork(project.repository, prefix)))).flat();
	return kept.flatMap(({ ref, commit, at, subject }) => {
		const item = views.get(ref.split('/')[3] ?? '');
		if (key === undefined && item?.stage.kind === 'done') return [];
		const command = `git fetch ${project.repository.path} ${ref} && git switch --detach FETCH_HEAD`;
		return [{ ref, commit, item: item?.name ?? null, at, subject, command }];
	});
}

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

function moveArguments(event: string, args: Args<'item.move'>, project: Project): Record<string, unknown> {
	return {
		...(args.reason === undefined ? {} : { reason: args.reason }),
		...(args.by === undefined ? {} : { by: findItem(project, args.by).key }),
		...(args.force && event === 'start' ? { force: true } : {}),
	};
}

/** `starts on X`, `waits because …`: what happens next with the item, in one sentence. */
function sentence(item: ItemView, waits: string | null, project: Project): string {
	const why = item.stage.kind === 'blocked' || item.stage.kind === 'reviewHold' ? item.stage.reason : undefined;
	switch (item.stage.kind) {
		case 'backlog':
		case 'coding':
			return waits === null ? `starts on ${project.nodeName}` : `waits because ${waits}`;
		case 'merge':
			return waits === null ? 'lands when the gates pass on main as it is now' : `waits because ${waits}`;
		case 'blocked':
			return why === undefined ? 'is blocked' : `is blocked: ${why}`;
		case 'reviewHold':
			return why === undefined ? 'waits for you' : `waits for you: ${why}`;
		case 'done':
		case 'archived':
		case 'abandoned':
		case 'superseded':
		case 'rejected':
			return `is ${item.stage.kind}`;
		default:
			return waits === null ? `is in ${item.stage.kind}` : `waits because ${waits}`;
	}
}

function landWhenGreenHint(project: Project): string | null {
	if (project.config().review.mode !== 'human' || project.landings() > 1) return null;
	return 'to land what is green without being asked from now on, add --land-when-green to an approval';
}

function newKey(random: Random, now: number): Item['key'] {
	return ulid(now, () => (random.bytes(1)[0] ?? 0) / 256);
}
