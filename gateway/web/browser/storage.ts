/** What this browser keeps between two visits: choices of looks, and writings that nobody has confirmed yet. */
const prefix = 'gangline.';

/** Words that were not sent yet: they outlive a reload and a login in this tab, and go with it. */
export function draftOf(name: string): string {
	try {
		return window.sessionStorage.getItem(prefix + name) ?? '';
	} catch {
		return '';
	}
}

/** Empty words are forgotten. Where the browser keeps nothing for us they are on the page alone. */
export function keepDraft(name: string, words: string): void {
	try {
		if (words === '') window.sessionStorage.removeItem(prefix + name);
		else window.sessionStorage.setItem(prefix + name, words);
	} catch {
		// They are still in their field.
	}
}

/** Null where nothing is kept, or where the browser keeps nothing for us. */
export function kept(name: string): string | null {
	try {
		return window.localStorage.getItem(prefix + name);
	} catch {
		return null;
	}
}

/** Null forgets it. A full or forbidden storage is no error: it says false. */
export function keep(name: string, value: string | null): boolean {
	try {
		if (value === null) window.localStorage.removeItem(prefix + name);
		else window.localStorage.setItem(prefix + name, value);
		return true;
	} catch {
		return false;
	}
}
