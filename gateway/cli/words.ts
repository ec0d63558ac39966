/** Numbers as people read them. */

/** How long ago, in the one unit that matters: `12 s`, `5 min`, `3 h`, `2 d`. */
export function age(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	if (seconds < 90) return `${seconds} s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 90) return `${minutes} min`;
	const hours = Math.floor(minutes / 60);
	return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** `0.4 ms`, `12 ms`: of a way there and back. */
export function milliseconds(ms: number): string {
	return `${ms < 10 ? Math.max(0.1, Math.round(ms * 10) / 10) : Math.round(ms)} ms`;
}

/** `$0.42`; nothing where nothing was spent. */
export function cost(usd: number): string {
	if (usd === 0) return '';
	return usd < 0.01 ? '<$0.01' : `$${usd.toFixed(2)}`;
}

/** `1 file`, `3 files`. */
export function count(number: number, one: string, many = `${one}s`): string {
	return `${number} ${number === 1 ? one : many}`;
}

export function shortCommit(commit: string): string {
	return commit.slice(0, 10);
}

/** Local date and time to the minute, sortable. */
export function moment(atMs: number): string {
	const date = new Date(atMs);
	const two = (number: number): string => String(number).padStart(2, '0');
	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** A setting that a replica may not have heard of yet. */
export function orUnknown(setting: string | null): string {
	return setting ?? 'not known here yet';
}
