/**
 * A line of shell as the simple commands in it, as far as it can be read for certain. Pure, and no shell: it knows
 * words, quotes, pipes, lists, redirections, here-documents, loops and substitutions, whose own commands count too. What
 * it does not know for certain it does not guess: null means that a person must read the line.
 */

export interface ShellWord {
	/** With `\0` for every part that only the shell knows: a variable, the output of a command, a pattern. */
	readonly text: string;
}

export interface SimpleCommand {
	readonly words: readonly string[];
	/** Files that it writes or reads by redirection. */
	readonly writes: readonly string[];
	readonly reads: readonly string[];
	/** What it says is what the next one hears. */
	readonly pipes?: true;
}

/** Stands in a word for what only the shell knows. */
export const unknownPart = '\0';

const lineCharsMax = 32 * 1024;
const depthMax = 4;

/** Words of the shell's own language; what follows one is a command again. */
const keywords: ReadonlySet<string> = new Set([
	'if',
	'then',
	'elif',
	'else',
	'fi',
	'while',
	'until',
	'do',
	'done',
	'!',
	'{',
	'}',
	'time',
]);

/** All simple commands of a line, also those in substitutions and subshells; null where it cannot be read. */
export function shellCommands(line: string, depth = 0): readonly SimpleCommand[] | null {
	if (line.length > lineCharsMax || depth > depthMax || line.includes('\0')) return null;
	return new Reader(line, depth).read();
}

interface Token {
	readonly kind: 'word' | 'operator' | 'redirection';
	readonly text: string;
	readonly quoted: boolean;
}

class Reader {
	readonly #line: string;
	readonly #depth: number;
	readonly #found: SimpleCommand[] = [];
	readonly #hereDocuments: { readonly end: string; readonly isLiteral: boolean; readonly strips: boolean }[] = [];
	#at = 0;
	#isReadable = true;

	constructor(line: string, depth: number) {
		this.#line = line;
		this.#depth = depth;
	}

	read(): readonly SimpleCommand[] | null {
		const tokens: Token[] = [];
		for (let token = this.#next(); token !== null && this.#isReadable; token = this.#next()) tokens.push(token);
		if (!this.#isReadable || this.#hereDocuments.length > 0) return null;
		this.#group(tokens);
		return this.#isReadable ? this.#found : null;
	}

	#group(tokens: readonly Token[]): void {
		let words: Token[] = [];
		let writes: string[] = [];
		let reads: string[] = [];
		const end = (pipes = false): void => {
			this.#simple(words, { writes, reads, ...(pipes ? { pipes: true as const } : {}) });
			[words, writes, reads] = [[], [], []];
		};
		for (let at = 0; at < tokens.length; at++) {
			const token = tokens[at];
			if (token === undefined) continue;
			if (token.kind === 'operator') end(token.text === '|' || token.text === '|&');
			else if (token.kind === 'redirection') {
				const target = tokens[++at];
				if (target?.kind !== 'word') {
					this.#giveUp();
					return;
				}
				if (token.text.includes('>')) {
					// `2>&1` names a descriptor, no file.
					if (!(token.text.endsWith('&') && /^[\d-]+$/.test(target.text))) writes.push(target.text);
				} else if (!token.text.startsWith('<<')) reads.push(target.text);
			} else words.push(token);
		}
		end();
	}

	#simple(tokens: readonly Token[], rest: Omit<SimpleCommand, 'words'>): void {
		let words = tokens;
		for (let first = words[0]; first !== undefined && !first.quoted && keywords.has(first.text); first = words[0]) {
			words = words.slice(1);
		}
		const [first] = words;
		if (
			first !== undefined &&
			!first.quoted &&
			(first.text === 'for' || first.text === 'case' || first.text === 'select')
		) {
			// `for NAME in …` runs nothing by itself; a case has patterns that look like commands.
			if (first.text !== 'for') this.#giveUp();
			return;
		}
		if (first?.text === '[[') return;
		if (first?.text === 'function') this.#giveUp();
		if (words.length === 0 && rest.writes.length === 0 && rest.reads.length === 0) return;
		this.#found.push({ words: words.map(({ text }) => text), ...rest });
	}

	#next(): Token | null {
		this.#skipBlanks();
		const rest = this.#line.slice(this.#at, this.#at + 4);
		if (rest === '') return null;
		const redirection = /^(?:\d?(?:>>|>\||>&|<<-?|<&|<>|>|<)|&>>?)/.exec(rest)?.[0];
		if (redirection !== undefined && !/^\d?<<</.test(rest)) {
			// `<(…)` and `>(…)` run a command whose name is made up.
			if (/^[<>]\(/.test(rest)) return this.#giveUp();
			this.#at += redirection.length;
			if (redirection.includes('<<')) this.#announceHereDocument(redirection);
			return { kind: 'redirection', text: redirection.replace(/^\d/, ''), quoted: false };
		}
		if (rest.startsWith('<<<')) {
			this.#at += 3;
			return this.#next();
		}
		const operator = /^(?:&&|\|\||;;|\|&|[;|&()\n])/.exec(rest)?.[0];
		if (operator !== undefined) {
			this.#at += operator.length;
			if (operator === '\n') this.#skipHereDocuments();
			return { kind: 'operator', text: operator, quoted: false };
		}
		return this.#word();
	}

	#word(): Token | null {
		let text = '';
		let quoted = false;
		while (this.#isReadable && this.#at < this.#line.length) {
			const letter = this.#line[this.#at] ?? '';
			if (/[\s;|&()<>]/.test(letter)) break;
			if (letter === "'") {
				const end = this.#line.indexOf("'", this.#at + 1);
				if (end < 0) return this.#giveUp();
				text += this.#line.slice(this.#at + 1, end);
				quoted = true;
				this.#at = end + 1;
			} else if (letter === '"') {
				this.#at += 1;
				quoted = true;
				text += this.#doubleQuoted();
			} else if (letter === '\\') {
				text += this.#line[this.#at + 1] === '\n' ? '' : (this.#line[this.#at + 1] ?? '');
				this.#at += 2;
			} else if (letter === '$' || letter === '`') text += this.#expansion();
			else {
				text += letter;
				this.#at += 1;
			}
		}
		return { kind: 'word', text, quoted };
	}

	#doubleQuoted(): string {
		let text = '';
		for (;;) {
			const letter = this.#line[this.#at];
			if (letter === undefined) {
				this.#giveUp();
				return text;
			}
			if (letter === '"') {
				this.#at += 1;
				return text;
			}
			if (letter === '\\') {
				text += this.#line.slice(this.#at + 1, this.#at + 2);
				this.#at += 2;
			} else if (letter === '$' || letter === '`') text += this.#expansion();
			else {
				text += letter;
				this.#at += 1;
			}
		}
	}

	/** What the shell puts there is not known; what it runs for it is. */
	#expansion(): string {
		const rest = this.#line.slice(this.#at);
		if (rest.startsWith('$((')) return this.#skipTo('))', 3, false);
		if (rest.startsWith('$(')) return this.#substitution(2, ')');
		if (rest.startsWith('`')) return this.#substitution(1, '`');
		// What a default or a cut-off part says is plain text; only one that runs something in there is not read.
		const plain =
			/^\$(?:\{#?[A-Za-z_][A-Za-z0-9_]*(?:(?:##?|%%?|:?[-+?])[^\s$`"'{}\\()]*)?\}|[A-Za-z_][A-Za-z0-9_]*|[?#@*!$0-9-])/.exec(
				rest,
			)?.[0];
		if (plain !== undefined) {
			this.#at += plain.length;
			return known[plain.replace(/[${}]/g, '')] ?? unknownPart;
		}
		if (rest.startsWith('${') || rest.startsWith("$'")) {
			this.#giveUp();
			return '';
		}
		this.#at += 1;
		return '$';
	}

	#substitution(opening: number, closing: string): string {
		const from = this.#at + opening;
		const end = closing === '`' ? this.#line.indexOf('`', from) : this.#closingBracket(from);
		if (end < 0) {
			this.#giveUp();
			return '';
		}
		const inner = shellCommands(this.#line.slice(from, end), this.#depth + 1);
		if (inner === null) this.#giveUp();
		else this.#found.push(...inner);
		this.#at = end + 1;
		return unknownPart;
	}

	/** Quotes in the inner line may hold brackets. */
	#closingBracket(from: number): number {
		let open = 1;
		let quote = '';
		for (let at = from; at < this.#line.length; at++) {
			const letter = this.#line[at];
			if (letter === '\\' && quote !== "'") at += 1;
			else if (quote !== '') quote = letter === quote ? '' : quote;
			else if (letter === "'" || letter === '"') quote = letter;
			else if (letter === '(') open += 1;
			else if (letter === ')' && --open === 0) return at;
		}
		return -1;
	}

	#skipTo(closing: string, opening: number, runs: boolean): string {
		const end = this.#line.indexOf(closing, this.#at + opening);
		const inner = end < 0 ? '' : this.#line.slice(this.#at + opening, end);
		if (end < 0 || (!runs && /[`$]\(?/.test(inner) && inner.includes('$('))) this.#giveUp();
		this.#at = end + closing.length;
		return unknownPart;
	}

	#announceHereDocument(operator: string): void {
		this.#skipBlanks();
		const written = /^(?:'[^'\n]+'|"[^"\n]+"|\\?[A-Za-z0-9_.-]+)/.exec(this.#line.slice(this.#at))?.[0];
		if (written === undefined) return void this.#giveUp();
		const isLiteral = /^['"\\]/.test(written);
		this.#hereDocuments.push({ end: written.replace(/['"\\]/g, ''), isLiteral, strips: operator.endsWith('-') });
	}

	#skipHereDocuments(): void {
		for (const { end, isLiteral, strips } of this.#hereDocuments.splice(0)) {
			for (;;) {
				if (this.#at >= this.#line.length) return void this.#giveUp();
				const newline = this.#line.indexOf('\n', this.#at);
				const line = this.#line.slice(this.#at, newline < 0 ? undefined : newline);
				this.#at = newline < 0 ? this.#line.length : newline + 1;
				if ((strips ? line.replace(/^\t+/, '') : line) === end) break;
				if (!isLiteral && /\$\(|`/.test(line)) return void this.#giveUp();
			}
		}
	}

	#skipBlanks(): void {
		for (;;) {
			const rest = this.#line.slice(this.#at);
			const blank = /^(?:[ \t\r]+|\\\n|#[^\n]*)/.exec(rest)?.[0];
			if (blank === undefined) return;
			this.#at += blank.length;
		}
	}

	#giveUp(): null {
		this.#isReadable = false;
		this.#at = this.#line.length;
		return null;
	}
}

/** Left in a word to be filled in by whoever knows the place. */
const known: Readonly<Record<string, string>> = { TMPDIR: '$TMPDIR', PWD: '.', GANGLINE_LAST_FAILURE: '$TMPDIR' };
