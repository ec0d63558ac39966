/**
 * What people say to the agent of an item and decide for it: handed to the worker that has it, wherever that is, or kept
 * for the next session. Who decided is written down before anything follows from it.
 */
import {
	type Caller,
	findView,
	type Handlers,
	type ItemDraft,
	itemAnswer,
	type Result,
} from '../../../shared/operations/index.ts';
import { type ItemView, mayRun } from '../../../shared/pipeline/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { ownQuestion } from '../../../shared/protocol/asks.ts';
import type { Project } from '../../home/project.ts';
import type { HandlerContext } from './context.ts';

type Steering = Pick<Handlers, 'item.say' | 'item.answer' | 'item.take' | 'item.give'>;

export interface SteeringContext extends Pick<HandlerContext, 'project' | 'clock'> {
	/** Submits the wish of a person, or throws REFUSED with what is possible now. */
	readonly change: (project: Project, draft: ItemDraft) => Promise<string>;
	readonly answer: (project: Project, key: string) => Result<'item.give'>;
}

export function steeringHandlers(context: SteeringContext): Steering {
	return {
		'item.say': async ({ project: ref, item, words }, caller) => {
			const project = context.project(ref);
			const view = findView(project, item);
			if (view.stage.kind === 'done' || view.stage.kind === 'archived') {
				throw ganglineError('REFUSED', `${view.name} is ${view.stage.kind}: nobody works on it any more`);
			}
			// Kept first: a later try, and whoever checks it, is to know what this one was told.
			await project.talks.note(view.key, `${caller.person}: ${words}`);
			if (await isHeard(project, view, { words, caller })) {
				return { item: answered(project, view.key), answer: 'told: the agent reads it at its next turn' };
			}
			if (await answersParked(context, project, { view, caller, words })) {
				return { item: answered(project, view.key), answer: 'answered: the session goes on with it' };
			}
			return { item: answered(project, view.key), answer: 'kept: the next session begins with it' };
		},
		'item.answer': async ({ project: ref, item, decision }, caller) => {
			const project = context.project(ref);
			const view = findView(project, item);
			const allow = decision === 'allow';
			const open = project.worker.running().find(({ key, asks }) => key === view.key && asks)?.asks ?? null;
			const parked = project.talks.parked(view.key);
			const asks = open ?? parked;
			if (asks === null) {
				throw ganglineError('REFUSED', `the agent of ${view.name} asks for nothing now`, {
					hint: `gangline show ${view.name.replace('#', '')} says what it does`,
				});
			}
			const at = Math.floor(context.clock.now());
			await project.talks.answer(view.key, { question: asks.question, allow, who: caller.person, at });
			const words = `${allow ? 'allowed' : 'refused'}: ${asks.question}`;
			if (open !== null) {
				const { link } = project.worker.linkFor(view.key);
				const isTaken = await link.answer(view.key, open.id, { allow, who: caller.person });
				const answer = isTaken ? words : `${words}; it was parked meanwhile and goes on with it`;
				if (isTaken) return { item: answered(project, view.key), answer };
			}
			if (view.stage.kind === 'blocked') await context.change(project, draft(caller, view, 'unblock'));
			await project.settleWork();
			return { item: answered(project, view.key), answer: `${words}; the session goes on` };
		},
		'item.take': async ({ project: ref, item }, caller) => {
			const project = context.project(ref);
			const view = findView(project, item);
			const { node, link } = project.worker.linkFor(view.key);
			if (view.stage.kind !== 'frozen') {
				if (mayRun(view.stage) === null && view.stage.kind !== 'blocked') {
					throw ganglineError('REFUSED', `${view.name} is in ${view.stage.kind}: there is no agent to take it from`);
				}
				await context.change(project, draft(caller, view, 'freeze'));
			}
			await project.stopWork(view.key, `${caller.person} took it`);
			const folder = await link.folder(view.key);
			const name = project.nodeNameOf(node);
			const number = view.name.replace('#', '');
			const answer =
				folder === null
					? `${view.name} is yours; nothing was begun yet: gangline give ${number} hands it back`
					: `${view.name} is yours, on ${name}: commit in the clone, then gangline give ${number}`;
			return { item: answered(project, view.key), answer, node: name, folder };
		},
		'item.give': async ({ project: ref, item, words }, caller) => {
			const project = context.project(ref);
			const view = findView(project, item);
			if (view.stage.kind !== 'frozen') {
				const number = view.name.replace('#', '');
				throw ganglineError('REFUSED', `${view.name} is in ${view.stage.kind}: nobody has taken it`, {
					hint: `gangline take ${number} does; gangline say ${number} "…" tells its agent something`,
				});
			}
			await context.change(project, draft(caller, view, 'unfreeze'));
			const did = `${caller.person} worked in this clone meanwhile: look at \`git log\` and \`git status\`, keep what was done, and go on from there.`;
			await project.talks.note(view.key, words === undefined ? did : `${did} ${caller.person}: ${words}`);
			await project.settleWork();
			return context.answer(project, view.key);
		},
	};
}

/** Words to a question of its own that the agent was parked with are its answer; false where none waits for words. */
async function answersParked(
	{ change, clock }: SteeringContext,
	project: Project,
	{ view, caller, words }: { readonly view: ItemView; readonly caller: Caller; readonly words: string },
): Promise<boolean> {
	const question = project.talks.parked(view.key)?.question;
	if (view.stage.kind !== 'blocked' || question === undefined || ownQuestion(question) === null) return false;
	const at = Math.floor(clock.now());
	await project.talks.answer(view.key, { question, allow: false, words, who: caller.person, at });
	await change(project, draft(caller, view, 'unblock'));
	await project.settleWork();
	return true;
}

async function isHeard(
	project: Project,
	{ key }: ItemView,
	{ words, caller }: { readonly words: string; readonly caller: Caller },
): Promise<boolean> {
	if (!project.worker.running().some((run) => run.key === key)) return false;
	return await project.worker.linkFor(key).link.say(key, words, caller.person);
}

function draft(caller: Caller, view: ItemView, event: string): ItemDraft {
	return { by: 'user', who: caller.person, item: view.key, event, args: {} };
}

function answered(project: Project, key: string): Result<'item.say'>['item'] {
	const views = project.views();
	const view = views.get(key);
	if (!view) throw ganglineError('UNKNOWN_ITEM', `the item ${key} is gone`);
	return itemAnswer(view, project.surroundings(views));
}
