/**
 * Secrets that a person gave this node for agents and gates, as those who run them see them: values by name for an
 * environment, and a way to take them out of every text that is kept or sent. Never in an argument list, never in a log.
 */
export interface Secrets {
	/** Those of `names` that are here; the others by name. */
	valuesOf(names: readonly string[]): {
		readonly values: Readonly<Record<string, string>>;
		readonly missing: readonly string[];
	};
	/** The text with the name of each secret in the place of its value. */
	redact(text: string): string;
}

/** Of a node that was given none. */
export const noSecrets: Secrets = {
	valuesOf: (names) => ({ values: {}, missing: names }),
	redact: (text) => text,
};

/** A copy of plain data with every text redacted. */
export function redactDeep<Value>(value: Value, redact: (text: string) => string): Value {
	return redactAny(value, redact) as Value;
}

function redactAny(value: unknown, redact: (text: string) => string): unknown {
	if (typeof value === 'string') return redact(value);
	if (Array.isArray(value)) return value.map((part) => redactAny(part, redact));
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, redactAny(part, redact)]));
}

/** What stands for a secret in a text. */
export function redactor(secrets: Readonly<Record<string, string>>): (text: string) => string {
	const parts = Object.entries(secrets).flatMap(([name, value]) => {
		const lines = value.split('\n').map((line) => line.trim());
		const quoted = JSON.stringify(value).slice(1, -1);
		return [value, quoted, ...lines]
			.filter(({ length }) => length >= secretCharactersMin)
			.map((text) => ({ name, text }));
	});
	// The longest first: one secret may be part of another.
	parts.sort((a, b) => b.text.length - a.text.length);
	return (text) => parts.reduce((rest, part) => rest.replaceAll(part.text, `[secret ${part.name}]`), text);
}

/** Shorter ones could not be told from other words in a log. */
export const secretCharactersMin = 8;
/** Of one line: a log's lines are redacted whole. */
export const secretLineCharactersMax = 4_000;
export const secretCharactersMax = 16 * 1024;
