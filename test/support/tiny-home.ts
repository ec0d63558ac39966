/**
 * A home that answers every operation of the registry from memory: enough of one to stand behind a real API in tests of
 * the API and the command line. It remembers what it was asked.
 */
import { unknownItem } from '../../shared/operations/find-item.ts';
import {
	type Caller,
	type CallName,
	type ChangeEvent,
	type Handlers,
	type ItemDetail,
	type ItemRef,
	type LogLine,
	type ProjectView,
	planOf,
	planWords,
	type Result,
} from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import { projectConfigPath, projectConfigSchema } from '../../shared/project/index.ts';
import { tinyContainers } from './tiny-containers.ts';
import { commits, escapes, itemDetail, line, reviewItem, shopId } from './tiny-items.ts';
import { tinyMesh } from './tiny-mesh.ts';

export interface TinyHome {
	readonly handlers: Partial<Handlers>;
	readonly asked: { readonly name: CallName; readonly args: unknown; readonly caller: Caller }[];
	readonly projects: ProjectView[];
	readonly items: ItemDetail[];
	readonly logLines: LogLine[];
	/** Of the run whose log is asked for. */
	logState: Pick<Result<'item.logs'>, 'state' | 'words'>;
	readonly events: { subscribe(listener: (event: ChangeEvent) => void): () => void };
	readonly listeners: Set<(event: ChangeEvent) => void>;
	emit(event: ChangeEvent): void;
	/** The commit that the item's result is at now; approvals of others are refused. */
	branch: string;
}

export function tinyHome(checkout = '/nowhere'): TinyHome {
	const asked: TinyHome['asked'] = [];
	const items: ItemDetail[] = [
		itemDetail({ number: 1, title: 'Fix the login redirect' }),
		reviewItem(12, `Rename the client${escapes}`),
	];
	const shop: ProjectView = {
		id: shopId,
		name: 'shop',
		path: checkout,
		branch: 'main',
		review: 'human',
		landing: 'local',
		paused: false,
		trouble: null,
	};
	const projects = [shop];
	const logLines: LogLine[] = [line(1, 'compiling'), line(2, `done${escapes}`)];
	const listeners: TinyHome['listeners'] = new Set();
	const home: TinyHome = {
		asked,
		projects,
		items,
		logLines,
		logState: { state: 'live', words: null },
		listeners,
		branch: commits.branch,
		events: {
			subscribe(listener) {
				listeners.add(listener);
				return () => void listeners.delete(listener);
			},
		},
		emit: (event) => {
			for (const listener of listeners) listener(event);
		},
		handlers: remembering(asked, {
			...tinyMesh(),
			...tinyContainers(),
			'item.why': async (args) => ({
				item: find(items, args.item),
				answer: 'starts on laptop',
				placement: {
					by: 'gateway',
					at: 0,
					node: 'laptop',
					reasons: ['its clone is there'],
					nodes: [{ name: 'builder', takes: false, reasons: ['no free slot'] }],
				},
			}),
			'secret.set': async ({ name }) => ({ secret: { name, changedAt: 0 }, answer: 'kept' }),
			'secret.list': async () => ({ secrets: [{ name: 'NPM_TOKEN', changedAt: 0 }] }),
			'secret.delete': async ({ name }) => ({ name, answer: 'removed' }),
			'item.preview': async (args) => ({
				item: find(items, args.item),
				...(args.action === 'stop'
					? { state: 'stopped' as const, url: null, answer: '#12 is not running' }
					: { state: 'running' as const, url: 'http://127.0.0.1:21000/', answer: '#12 runs on laptop' }),
				...{ commit: null, why: null, lines: [] },
			}),
			'project.settings': async () => ({
				file: projectConfigPath,
				settings: projectConfigSchema.parse({ id: shopId, name: 'shop', branch: 'main' }),
				text: `id = "${shopId}"\nname = "shop"\nbranch = "main"\n`,
				version: 'v1',
			}),
			'project.configure': async ({ check, text, version }) => {
				if (version !== 'v1') throw ganglineError('REFUSED', 'the file has changed on main since it was read');
				if (text === '{}')
					throw ganglineError('INVALID_CONFIG', `${projectConfigPath}:1:1: this is not TOML`, {
						hint: `Open ${projectConfigPath} at line 1`,
					});
				const patch = `--- a/${projectConfigPath}\n+++ b/${projectConfigPath}\n@@ -1 +1 @@\n+${text}${escapes}\n`;
				const title = 'Change settings: review.mode';
				if (check) return { patch, title, item: null, answer: 'it can be read; nothing was changed' };
				const item = itemDetail({ number: items.length + 20, title });
				items.push(item);
				return { patch, title, item, answer: 'starts on laptop' };
			},
			'project.cost': async () => {
				const line = { costUsd: 1.5, inputTokens: 3000, outputTokens: 100, runs: 2 };
				return {
					total: line,
					items: [{ ...line, name: '#12', key: 'k', title: `Rename${escapes}` }],
					agents: [{ ...line, name: 'ada' }],
					nodes: [{ ...line, name: 'laptop' }],
					days: [{ ...line, name: '2026-11-21' }],
					agentDays: [{ day: '2026-11-21', agent: 'ada', costUsd: 1.5 }],
					budgets: [{ budget: 'day_usd', limitUsd: 5, spentUsd: 1.5, promisedUsd: 2 }],
					promised: [{ item: '#12', agent: 'ada', node: 'laptop', usd: 2, at: 0 }],
				};
			},
			'item.plan': async ({ subtasks }) => {
				const { waves } = planOf(subtasks);
				return { waves, items: [], answer: planWords({ waves }, 0) };
			},
			'item.say': async (args) => ({ item: find(items, args.item), answer: 'told' }),
			'item.answer': async (args) => ({ item: find(items, args.item), answer: 'allowed' }),
			'item.take': async (args) => ({ item: find(items, args.item), answer: 'yours', node: 'laptop', folder: '/c' }),
			'item.give': async (args) => ({ item: find(items, args.item), answer: 'starts on laptop', hint: null }),
			'item.prompt': async (args) => ({
				item: find(items, args.item),
				role: args.role ?? 'coder',
				agent: 'ada',
				runtime: 'codex',
				form: 'first',
				note: null,
				prompt: `Do item 12.${escapes}\n`,
			}),
			'item.add': async (args) => {
				const item = itemDetail({
					number: items.length + 20,
					title: args.title,
					type: args.type,
					description: args.description,
				});
				items.push(item);
				return { item, answer: args.hold ? 'waits because it is held' : 'starts on laptop', hint: null };
			},
			'item.edit': async (args) => {
				for (const ref of args.dependsOn ?? []) find(items, ref);
				return { item: find(items, args.item), answer: 'changed', hint: null };
			},
			'item.list': async () => ({ items }),
			'item.show': async (args) => ({ item: find(items, args.item) }),
			'item.diff': async (args) => {
				const item = find(items, args.item);
				if (item.change === null) throw ganglineError('NOTHING_TO_SHOW', `${item.name} has no result yet`);
				const patch = `diff --git a/src/login.ts b/src/login.ts\n--- a/src/login.ts\n+++ b/src/login.ts\n@@ -1 +1,2 @@\n-old${escapes}\n+new\n+more\n`;
				const binding = { ...item.change.binding, branch: home.branch };
				return {
					item,
					binding,
					stat: item.change.stat,
					patch,
					hunks: 1,
					cut: null,
					takenAt: 0,
					command: 'git diff a b',
				};
			},
			'item.approve': async (args) => {
				const item = find(items, args.item);
				if (args.binding.branch !== home.branch) {
					throw ganglineError('REFUSED', `${item.name} has changed since you read it`, { hint: 'gangline diff 12' });
				}
				return {
					item,
					answer: 'lands when its gates pass',
					hint: 'let green changes land by themselves: land-when-green',
				};
			},
			'item.reject': async (args) => ({
				item: find(items, args.item),
				answer: `back to a coder: ${args.words}`,
				hint: null,
			}),
			'item.move': async (args) => ({ item: find(items, args.item), answer: `${args.to} done`, hint: null }),
			'item.delete': async (args) => {
				const item = find(items, args.item);
				items.splice(items.indexOf(item), 1);
				return { key: item.key, name: item.name, answer: `${item.name} is deleted`, kept: [] };
			},
			'item.search': async () => ({ hits: [], more: false }),
			'item.archive': async ({ page, size }) => ({ items: [], page, size, pages: 1, total: 0, partial: null }),
			'item.history': async () => ({
				entries: [
					{
						project: shopId,
						key: items[0]?.key ?? '',
						item: '#1',
						revision: 1,
						at: 0,
						by: 'user',
						who: 'ada',
						event: 'start',
						from: 'backlog',
						to: 'coding',
						reason: null,
						outcome: 'applied',
					},
				],
				more: false,
			}),
			'item.logs': async (args) => ({
				item: find(items, args.item),
				run: { id: 'run-1', startedAt: 0, endedAt: null, outcome: null },
				...home.logState,
				lines: [...logLines],
				dropped: 0,
			}),
			'item.salvage': async (args) => ({
				kept: [
					{
						ref: 'refs/gangline/salvage/1',
						commit: commits.branch,
						item: '#1',
						at: 0,
						subject: 'wip',
						command: 'git fetch gangline x',
					},
				],
				made: args.keep ? 'refs/gangline/salvage/2' : null,
			}),
			'item.refusals': async () => ({ refused: [] }),
			'project.add': async (args) => {
				const project = { ...shop, path: args.path };
				projects.splice(0, projects.length, project);
				return { project, added: true, answer: 'taken on' };
			},
			'project.list': async () => ({ projects }),
			'project.pause': async (args) => ({
				project: shop,
				answer: 'paused',
				running: args.kill ? [] : ['#1'],
				stopped: args.kill ? ['#1'] : [],
			}),
			'project.resume': async () => ({ project: shop, answer: 'goes on' }),
			'project.status': async () => ({
				project: shop,
				distance: {
					branch: 'main',
					canonical: commits.main,
					origin: {
						commit: commits.main,
						ahead: 0,
						behind: 2,
						inTheWay: [],
						words: 'is 2 commits behind',
						remote: 'origin',
						fetchedAt: 0,
					},
					checkout: { commit: commits.main, ahead: 0, behind: 0, inTheWay: [], words: 'is up to date', path: checkout },
				},
				qualification: { ready: true, reason: null, saw: '212 tests, 14 s', at: 0 },
				counts: { backlog: 1, qa: 1 },
				items,
				queue: [],
				costUsd: 0.42,
				home: {
					node: 'laptop',
					here: true,
					connected: true,
					since: null,
					changesWaiting: 0,
					resultsWaiting: 0,
					words: null,
				},
				people: [{ person: 'ann', item: '#1' }],
				refused: [],
				takenAt: 0,
			}),
			'node.status': async () => ({
				version: '0.1.0',
				runtime: 'v24',
				node: 'n0123456789abcdef',
				pid: process.pid,
				startedAt: 0,
				addresses: ['http://127.0.0.1:1'],
				state: '/state',
				log: '/state/node.log',
				anchor: 'marker',
				confines: null,
				damage: [],
				slots: { used: 1, total: 2 },
				projects,
				runs: [
					{
						run: 'run-1',
						project: 'shop',
						item: '#1',
						title: 'Fix the login redirect',
						what: 'coder',
						agent: 'claude',
						pids: [4711],
						since: 0,
						lastLine: 'reading src/login.ts',
						costUsd: 0.1,
					},
				],
			}),
			'node.backup': async ({ path: file }) => ({ file, bytes: 1, at: 0, node: 'n', projects: [] }),
			'node.stop': async () => ({ pid: process.pid, answer: 'stopping', stopping: [] }),
		}),
	};
	return home;
}

function find(items: readonly ItemDetail[], ref: ItemRef): ItemDetail {
	const found = items.find((item) => {
		if (ref.kind === 'number') return item.number === ref.number;
		return ref.kind === 'key' ? item.key === ref.key : item.alias === ref.alias;
	});
	if (found) return found;
	throw unknownItem('shop', ref);
}

function remembering(asked: TinyHome['asked'], handlers: Partial<Handlers>): Partial<Handlers> {
	const wrapped = Object.entries(handlers).map(([name, handler]) => [
		name,
		(args: never, caller: Caller) => {
			asked.push({ name: name as CallName, args, caller });
			return handler(args, caller);
		},
	]);
	return Object.fromEntries(wrapped) as Partial<Handlers>;
}
