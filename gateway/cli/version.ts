/** The version in package.json, beside the sources in a clone and above `dist` in the package. */
import { readFile } from 'node:fs/promises';

export async function readVersion(): Promise<string> {
	for (const place of ['../../package.json', '../../../package.json']) {
		const text = await readFile(new URL(place, import.meta.url), 'utf8').catch(() => null);
		const version = text === null ? null : /"version":\s*"([^"]+)"/.exec(text)?.[1];
		if (version) return version;
	}
	return 'unknown';
}
