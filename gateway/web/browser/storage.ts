/** What this browser keeps between two visits: choices of looks, and writings that nobody has confirmed yet. */
const prefix = 'gangline.';

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
