/** A word for a shell, in quotes where it needs them: what people are shown is there to be pasted. */
export function shellWord(text: string): string {
	return /^[A-Za-z0-9_./:@=%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
