/** Switches in who may know, say and show what: strangers, viewers, signatures, wishes and texts of people. */
import type { Switch } from './switch.ts';

const rights = 'shared/registry/rights.ts';
const verify = 'shared/log/verify.ts';
const logs = 'shared/log/project-logs.ts';
const replica = 'shared/replica/project-replica.ts';
const text = 'shared/documents/item-text.ts';

export const peopleSwitches: readonly Switch[] = [
	{
		name: 'author-kept',
		breaks: 'each process speaks under a name of its own',
		edits: [
			{
				file: logs,
				find: 'const author = authorId(identity.nodeId, randomHex(as.random, 4), duty);',
				replace: "const author = authorId(identity.nodeId, randomHex(as.random, 4).replace(/./g, 'a'), duty);",
			},
		],
	},
	{
		name: 'log-signature-unread',
		breaks: 'an entry of a log is taken when its author has signed it',
		edits: [
			{
				file: verify,
				find: 'if (!isSigned(options.project, position, flush.signature)) throw badSignature(author, position.n);',
				replace: '',
			},
		],
	},
	{
		name: 'facts-unproved',
		breaks: 'facts are taken when their home has signed them',
		edits: [
			{
				file: 'shared/documents/signed-records.ts',
				find: 'if (!verifySignature(writerKey, this.#statement(signed), fromBase64(signature))) {',
				replace:
					'if (!verifySignature(writerKey, this.#statement(signed), fromBase64(signature)) && text.length === 0) {',
			},
		],
	},
	{
		name: 'viewers-write',
		breaks: 'who may only look changes no text',
		edits: [
			{
				file: rights,
				find: "if (person !== undefined) return mayAsk(person.access, 'member') ? 'write' : 'read';",
				replace: "if (person !== undefined) return 'write';",
			},
		],
	},
	{
		name: 'strangers-let-in',
		breaks: 'who is not in the registry stays outside',
		edits: [
			{
				file: rights,
				find: "if (node === undefined) return strangers ? 'stranger' : 'refused';",
				replace: "if (node === undefined) return 'member';",
			},
		],
	},
	{
		name: 'wish-not-shown',
		breaks: 'what a person wants is seen at once where it was said',
		edits: [
			{
				file: replica,
				find: 'const pending = this.pending();\n\t\tconst unmet',
				replace: 'const pending = this.pending().slice(0, 0);\n\t\tconst unmet',
			},
		],
	},
	{
		name: 'first-words-twice',
		breaks: 'two replicas that begin a text apart have written its first words once',
		edits: [
			{
				file: text,
				find: 'document.clientID = Math.max(1, hash.readUInt32BE(0));',
				replace:
					"const made = globalThis as { texts?: number };\n\tmade.texts = (made.texts ?? 0) + 1;\n\tdocument.clientID = Math.max(1, createHash('sha256').update(hash).update(String(made.texts)).digest().readUInt32BE(0));",
			},
		],
	},
	{
		name: 'text-overwritten',
		breaks: 'of two who write at a text at once, each is kept as it was meant',
		edits: [
			{
				file: text,
				find: 'for (const { at, remove, insert } of textEdits(text.toString(), whole)) {',
				replace: 'for (const { at, remove, insert } of [{ at: 0, remove: text.length, insert: whole }]) {',
			},
		],
	},
	{
		name: 'gap-in-log-taken',
		breaks: 'what does not follow on what is known of a log is asked for again',
		edits: [
			{
				file: verify,
				find: "if (known && first > known.n + 1) return { kind: 'gap', author, expected: known.n + 1 };",
				replace: '',
			},
			{ file: verify, find: 'if (!known || first === known.n + 1) {', replace: 'if (!known || first > known.n) {' },
		],
	},
	{
		name: 'past-not-kept',
		breaks: 'what was accepted and refused is kept for people to read',
		edits: [
			{
				file: 'node/home/home.ts',
				find: 'await document.publish(state, [...historyWrites(history), ...writes], this.#refusalsOf(history, batch));',
				replace:
					'await document.publish(state, [...historyWrites(history.slice(0, 1)), ...writes], this.#refusalsOf(history, batch));',
			},
		],
	},
	{
		name: 'logs-never-trimmed',
		breaks: 'entries that everyone has leave the logs',
		edits: [
			{
				file: logs,
				find: 'const cut = known.trim(this.#options.project, stable);',
				replace: 'const cut = stable < 0 ? known.trim(this.#options.project, stable) : undefined;',
			},
		],
	},
	{
		name: 'answers-forgotten-unread',
		breaks: 'an entry stays with its author until the answer is on disk there',
		edits: [
			{
				file: replica,
				find: "author.startsWith(nodeId) && author.endsWith('.edge') ? Math.min(n, heard[author] ?? 0) : n,",
				replace: "author.startsWith(nodeId) && author.endsWith('.edge') ? Math.max(n, heard[author] ?? 0) : n,",
			},
			// What is trimmed is written after what is heard, which would keep the rule by itself.
			{
				file: replica,
				find: 'this.#settlement.settle(this.#index);\n\t\t\tthis.#changed(items);\n\t\t\tthis.settled();',
				replace:
					'this.settled();\n\t\t\tthis.#changed(items);\n\t\t\tvoid this.#trimming.then(() => this.#settlement.settle(this.#index));',
			},
			// Of what is trimmed a refusal would be told without its item.
			{
				file: 'shared/replica/settlement.ts',
				find: '(n) => n > heard && n <= known && !due.some(([one]) => one === n),',
				replace: '() => false,',
			},
		],
	},
	{
		name: 'not-offered-again',
		breaks: 'what a later generation does not cover is open again',
		edits: [{ file: replica, find: 'this.#settlement.reopen(covered);', replace: '' }],
	},
	{
		name: 'index-never-turns',
		breaks: 'a document of which most is past is begun anew',
		edits: [
			{
				file: 'shared/documents/generation.ts',
				find: 'return structures > bounds.structuresMin && structures > bounds.structuresPerRecordMax * records;',
				replace:
					'return structures > bounds.structuresMin * 1_000 && structures > bounds.structuresPerRecordMax * records;',
			},
		],
	},
	{
		name: 'refused-told-as-applied',
		breaks: 'a person is told what the home has decided',
		edits: [
			{
				file: 'shared/replica/settlement.ts',
				find: "waiter({ kind: 'refused', refusal: kept.refusal as Refusal, words: kept.words });",
				replace: "waiter({ kind: 'applied' });",
			},
		],
	},
	{
		name: 'forgotten-not-recalled',
		breaks: 'an author that was forgotten goes on where it was settled',
		edits: [
			{
				file: 'node/home/intake.ts',
				find: 'if (forgotten.length > 0) await recallForgotten(home, logs, forgotten);',
				replace: 'if (forgotten.length > 1_000) await recallForgotten(home, logs, forgotten);',
			},
			{
				file: 'node/home/exchange.ts',
				find: 'await recallForgotten(this.#options.home, this.logs, [...new Set([...kept, ...named])]);',
				replace: 'await recallForgotten(this.#options.home, this.logs, named);',
			},
		],
	},
	{
		name: 'flip-unnoticed',
		breaks: 'what a disk gives back is what was written',
		edits: [
			{
				file: 'shared/store/layout.ts',
				find: 'return entryHash(stream, entry).equals(entry.hash) ? entry : undefined;',
				replace: 'return entryHash(stream, entry).length > 0 ? entry : undefined;',
			},
		],
	},
];
