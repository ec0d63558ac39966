/** Switches in what is stored, sent and merged: stores, logs, documents, the registry, moves of a home. */
import type { Switch } from './switch.ts';

const durable = 'shared/documents/durable-document.ts';
const store = 'shared/store/chained-store.ts';
const exchange = 'node/home/exchange.ts';
const settlement = 'shared/replica/settlement.ts';
const logs = 'shared/log/project-logs.ts';
const projects = 'shared/mesh/sync/project-exchange.ts';

export const replicaSwitches: readonly Switch[] = [
	{
		name: 'shown-before-stored',
		breaks: 'facts are on disk before anybody sees them',
		edits: [
			{
				file: durable,
				find: 'await store.write([...this.#storing(update), ...writes]);\n\t\tthis.#onTheWay.delete(update);\n\t\tY.applyUpdate(this.#document, update, origin);\n\t\tfor (const listener of this.#listeners) listener({ update, origin });',
				replace:
					'const stored = store.write([...this.#storing(update), ...writes]);\n\t\tthis.#onTheWay.delete(update);\n\t\tY.applyUpdate(this.#document, update, origin);\n\t\tfor (const listener of this.#listeners) listener({ update, origin });\n\t\tawait stored;',
			},
		],
	},
	{
		name: 'log-sent-before-stored',
		breaks: 'an entry of a log is on disk before it is acknowledged or sent',
		edits: [
			{
				file: logs,
				find: 'await this.#options.store.write([...appends, ...writes]);',
				replace: 'void this.#options.store.write([...appends, ...writes]).catch(() => {});',
			},
		],
	},
	{
		name: 'failed-sync-ignored',
		breaks: 'what the disk refused is not acknowledged',
		edits: [
			{
				file: store,
				find: 'this.#fail(batch.waiting, this.#diskFailed(cause));\n\t\t\treturn;',
				replace: 'void cause;',
			},
		],
	},
	{
		name: 'batch-in-two',
		breaks: 'what belongs together is on disk together',
		edits: [
			{
				file: store,
				find: 'await this.#disk.commit(batch.ops);',
				replace:
					'const half = Math.floor(batch.ops.length / 2);\n\t\t\tawait this.#disk.commit(batch.ops.slice(half));\n\t\t\tawait this.#disk.commit(batch.ops.slice(0, half));',
			},
		],
	},
	{
		name: 'history-apart',
		breaks: 'what was accepted is kept in the batch of the facts',
		edits: [
			{
				file: 'node/home/home.ts',
				find: 'await document.publish(state, [...historyWrites(history), ...writes], this.#refusalsOf(history, batch));',
				replace:
					'await document.publish(facts, [...historyWrites(history), ...writes], {});\n\t\tawait document.publish(state, [], this.#refusalsOf(history, batch));',
			},
		],
	},
	{
		name: 'trimmed-before-stable',
		breaks: 'an entry stays until its facts are durable elsewhere',
		edits: [
			{
				file: exchange,
				find: 'await this.logs.trim(this.#coverage.stableUpTo(this.#options.others(), acceptedUpTo));',
				replace: 'await this.logs.trim(acceptedUpTo);',
			},
		],
	},
	{
		name: 'refusal-unpublished',
		breaks: 'a refusal is published until its author has heard of it',
		edits: [
			{
				file: 'node/home/home.ts',
				find: "const refused = history.filter(({ id, outcome }) => outcome !== 'applied' && isForOthers(authorOf(id)));",
				replace:
					"const refused = history.filter(({ id, outcome }) => outcome === 'applied' && outcome !== 'applied' && isForOthers(authorOf(id)));",
			},
		],
	},
	{
		name: 'refusal-not-kept',
		breaks: 'a refusal that nobody waited for is kept until a person has seen it',
		edits: [
			{
				file: settlement,
				find: 'for (const kept of refusals) this.#kept.set(idOf(kept), kept);',
				replace: 'refusals.at(0);',
			},
		],
	},
	{
		name: 'refusals-never-forgotten',
		breaks: 'the index forgets refusals that were heard',
		edits: [{ file: exchange, find: 'if (known.length === 0) return;', replace: 'if (known.length >= 0) return;' }],
	},
	{
		name: 'old-generation-merged',
		breaks: 'generations are never merged, and none goes back',
		edits: [
			{
				file: 'shared/replica/home-key.ts',
				find: 'return Number(next.generation) > Number(before.generation);',
				replace: 'return next.generation !== before.generation;',
			},
			{
				file: projects,
				find: 'if (Number(theirs.generation) <= Number(own.generation) && !this.#isOfFormerHome) return;',
				replace: '',
			},
			{
				file: projects,
				find: 'const isLater = Number(index.generation) > Number(this.entry.age.generation) || this.#isOfFormerHome;',
				replace: 'const isLater = index.generation !== this.entry.age.generation;',
			},
		],
	},
	{
		name: 'equal-client-ids',
		breaks: 'each node writes into a document under an id of its own',
		edits: [
			{
				file: 'shared/documents/client-id.ts',
				find: 'if (client !== 0 && !isTaken(client)) return client;',
				replace: 'if (client !== 0 || !isTaken(client)) return 7;',
			},
		],
	},
	{
		name: 'client-id-outlives-backup',
		breaks: 'a store that was put back writes under new ids',
		edits: [
			{
				file: 'shared/documents/client-id.ts',
				find: 'const isSound = kept?.incarnation === incarnation && !store.damaged.some((damage) => damage.stream === stream);',
				replace: 'const isSound = kept !== undefined;',
			},
			{
				file: 'shared/documents/client-id.ts',
				find: 'const isOfAnEarlierStore = kept !== undefined && kept.incarnation !== incarnation;',
				replace: 'const isOfAnEarlierStore = false;',
			},
		],
	},
	{
		name: 'damage-unnoticed',
		breaks: 'a home whose facts were damaged begins a new term',
		edits: [
			{
				file: 'node/home/open-facts.ts',
				find: 'if (!index.isDamaged) return index;',
				replace: 'if (index.facts.term > 0) return index;',
			},
		],
	},
	{
		name: 'term-kept-by-move',
		breaks: 'each home begins a higher term',
		edits: [
			{
				file: 'node/rehome/take.ts',
				find: 'const term = Math.max(facts.term, known.term) + 1;',
				replace: 'const term = Math.max(facts.term, known.term);',
			},
			{
				file: 'shared/registry/project-changes.ts',
				find: 'if (term !== undefined && term <= project.term) {',
				replace: 'if (term !== undefined && term < project.term) {',
			},
		],
	},
	{
		name: 'numbers-after-loss',
		breaks: 'after a loss numbers go on thousands further',
		edits: [
			{
				file: 'node/rehome/take.ts',
				find: 'nextNumber: isLost ? thousands * 1_000 + 1 : facts.nextNumber,',
				replace: 'nextNumber: isLost ? Math.max(Math.min(1, thousands), facts.nextNumber) : facts.nextNumber,',
			},
		],
	},
	{
		name: 'rights-unread',
		breaks: 'what an author may is asked of the registry',
		edits: [
			{
				file: 'shared/registry/rights.ts',
				find: "if (!author.endsWith('.edge') || own(facts.projects, project) === undefined) return [];",
				replace: "if (author.endsWith('.edge')) return ['user'];",
			},
			{
				file: 'shared/registry/rights.ts',
				find: "const person = own(facts.people, who);\n\treturn person !== undefined && mayAsk(person.access, 'member');",
				replace: 'const person = own(facts.people, who);\n\treturn person !== undefined || facts !== null;',
			},
		],
	},
	{
		name: 'revoked-reads-on',
		breaks: 'who was revoked learns nothing more',
		edits: [
			{
				file: 'shared/registry/rights.ts',
				find: "return node.status === 'revoked' ? 'refused' : 'member';",
				replace: "return node.status === 'nobody' as string ? 'refused' : 'member';",
			},
			{
				file: 'shared/registry/rights.ts',
				find: "return found === undefined || found.status === 'revoked' ? undefined : found;",
				replace: 'return found;',
			},
		],
	},
	{
		name: 'authors-never-forgotten',
		breaks: 'authors of processes that are over leave the facts',
		edits: [
			{
				file: 'node/home/open-facts.ts',
				find: 'nodeOf(parseAuthorId(author)) !== node || waiting.has(author) || holders.has(author);',
				replace:
					'nodeOf(parseAuthorId(author)) !== node || waiting.has(author) || holders.has(author) || author.length > 0;',
			},
			{
				file: exchange,
				find: 'if (gone.size === 0) return;',
				replace: 'if (gone.size >= 0) return;',
			},
		],
	},
];
