/** Times, sums and counts as people read them. Pure: the time it is comes in. */

/** `3 min`, `2 h 5 min`, `4 d`. */
export function span(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / 1000));
	if (seconds < 60) return `${seconds} s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return `${minutes} min`;
	const hours = Math.floor(minutes / 60);
	if (hours < 24) return minutes % 60 === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
	return `${Math.floor(hours / 24)} d`;
}

export function ago(at: number, now: number): string {
	return now - at < 10_000 ? 'just now' : `${span(now - at)} ago`;
}

/** `0.4 ms`, `12 ms`. */
export function milliseconds(ms: number): string {
	return `${ms < 10 ? Math.max(0.1, Math.round(ms * 10) / 10) : Math.round(ms)} ms`;
}

/** Empty for what cost nothing or is not known. */
export function usd(sum: number): string {
	if (sum <= 0) return '';
	return sum < 0.01 ? '< $0.01' : `$${sum.toFixed(sum < 100 ? 2 : 0)}`;
}

const counts = new Intl.NumberFormat('en');

export function count(n: number, one: string, many = `${one}s`): string {
	return `${counts.format(n)} ${n === 1 ? one : many}`;
}

export function short(commit: string): string {
	return commit.slice(0, 10);
}

/** In the reader's own zone and language, with the zone's name where it is asked for. */
export function moment(at: number, options: { readonly zone?: string; readonly full?: boolean } = {}): string {
	return formatOf(options.zone, options.full === true).format(at);
}

/** Making one takes a hundred times as long as using it, and each line of a log has its time. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string | undefined, full: boolean): Intl.DateTimeFormat {
	const name = `${zone ?? ''} ${full}`;
	const known = formats.get(name);
	if (known) return known;
	const made = new Intl.DateTimeFormat(undefined, {
		...(zone !== undefined && { timeZone: zone }),
		...(full
			? { dateStyle: 'full', timeStyle: 'long' }
			: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }),
	});
	formats.set(name, made);
	return made;
}

/** The API speaks to shells too: the command that it names at the end is a button here. */
export function plainWords(words: string): string;
export function plainWords(words: string | null): string | null;
export function plainWords(words: string | null): string | null {
	return words === null ? null : words.replace(/[:,]? ?gangline (?:move|edit|diff|show|approve|answer|give) .*$/, '');
}
