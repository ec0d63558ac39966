/**
 * Where each key of a TOML text stands, because the parser returns values without positions and a person who mistyped
 * needs the line. Works only on text that the parser has accepted; keys inside inline tables and elements of arrays
 * answer with the position of the key that holds them.
 */

export interface Position {
	readonly line: number;
	readonly column: number;
}

export type KeyPath = readonly (string | number)[];

/** Answers for a path with the position of its key, or of the nearest one above it; the start of the file at last. */
export function locateKeys(toml: string): (path: KeyPath) => Position {
	const positions = scan(toml);
	return (path) => {
		for (let length = path.length; length > 0; length -= 1) {
			const found = positions.get(JSON.stringify(path.slice(0, length)));
			if (found !== undefined) return found;
		}
		return { line: 1, column: 1 };
	};
}

function scan(toml: string): Map<string, Position> {
	const positions = new Map<string, Position>();
	const arrays = new Map<string, number>();
	const positionAt = positionsInOrder(toml);
	let table: (string | number)[] = [];
	let at = 0;
	while (at < toml.length) {
		at = skip(toml, at, /[ \t\r\n]/);
		if (at >= toml.length) break;
		if (toml[at] === '#') {
			at = endOfLine(toml, at);
			continue;
		}
		const start = at;
		const isHeader = toml[at] === '[';
		const isArray = isHeader && toml[at + 1] === '[';
		const key = readKey(toml, at + (isArray ? 2 : isHeader ? 1 : 0));
		if (isHeader) table = headerPath({ key: key.parts, isArray, arrays });
		record(positions, isHeader ? table : [...table, ...key.parts], positionAt(start));
		// A header's closing brackets are not a value; everything up to the end of its line can go.
		at = isHeader ? endOfLine(toml, key.end) : endOfValue(toml, key.end + 1);
	}
	return positions;
}

/** Each prefix gets the position too, unless it has one: `a.b = 1` also says where `a` is. */
function record(positions: Map<string, Position>, path: KeyPath, position: Position): void {
	for (let length = 1; length <= path.length; length += 1) {
		const key = JSON.stringify(path.slice(0, length));
		if (!positions.has(key)) positions.set(key, position);
	}
}

/** `[[gate]]` begins a new element; `[gate.more]` belongs to the element that was begun last. */
function headerPath(header: { key: string[]; isArray: boolean; arrays: Map<string, number> }): (string | number)[] {
	const path: (string | number)[] = [];
	for (const [index, part] of header.key.entries()) {
		path.push(part);
		const name = JSON.stringify(path);
		const isLast = index === header.key.length - 1;
		if (isLast && header.isArray) header.arrays.set(name, (header.arrays.get(name) ?? -1) + 1);
		const element = header.arrays.get(name);
		if (element !== undefined) path.push(element);
	}
	return path;
}

/** Dotted parts, bare or quoted; `end` is where `=` or `]` stands. */
function readKey(toml: string, from: number): { parts: string[]; end: number } {
	const parts: string[] = [];
	let at = from;
	for (;;) {
		at = skip(toml, at, /[ \t]/);
		const quote = toml[at];
		if (quote === '"' || quote === "'") {
			const end = endOfString(toml, at);
			const raw = toml.slice(at + 1, end - 1);
			parts.push(quote === '"' ? unescaped(raw) : raw);
			at = end;
		} else {
			const end = skip(toml, at, /[A-Za-z0-9_-]/);
			parts.push(toml.slice(at, end));
			at = end;
		}
		at = skip(toml, at, /[ \t]/);
		if (toml[at] !== '.') return { parts, end: at };
		at += 1;
	}
}

function unescaped(raw: string): string {
	try {
		return String(JSON.parse(`"${raw}"`));
	} catch {
		return raw;
	}
}

function endOfValue(toml: string, from: number): number {
	let depth = 0;
	let at = from;
	while (at < toml.length) {
		const char = toml[at] ?? '';
		if (char === '"' || char === "'") {
			at = endOfString(toml, at);
			continue;
		}
		if (char === '#') {
			at = endOfLine(toml, at);
			continue;
		}
		if (char === '[' || char === '{') depth += 1;
		if (char === ']' || char === '}') depth -= 1;
		if (char === '\n' && depth === 0) return at;
		at += 1;
	}
	return at;
}

/** The index after the closing quotes; triple quotes may hold up to two more before they close. */
function endOfString(toml: string, from: number): number {
	const quote = toml[from] ?? '';
	const fence = toml.startsWith(quote.repeat(3), from) ? quote.repeat(3) : quote;
	let at = from + fence.length;
	while (at < toml.length && !toml.startsWith(fence, at)) at += quote === '"' && toml[at] === '\\' ? 2 : 1;
	at += fence.length;
	while (fence.length === 3 && toml[at] === quote) at += 1;
	return at;
}

function skip(toml: string, from: number, what: RegExp): number {
	let at = from;
	while (at < toml.length && what.test(toml[at] ?? '')) at += 1;
	return at;
}

function endOfLine(toml: string, from: number): number {
	const end = toml.indexOf('\n', from);
	return end === -1 ? toml.length : end;
}

/** Line and column of offsets that are asked for in rising order, in one pass over the text. */
function positionsInOrder(toml: string): (at: number) => Position {
	let line = 1;
	let lineStart = 0;
	return (at) => {
		for (let end = toml.indexOf('\n', lineStart); end !== -1 && end < at; end = toml.indexOf('\n', lineStart)) {
			line += 1;
			lineStart = end + 1;
		}
		return { line, column: at - lineStart + 1 };
	};
}
