/**
 * Throws the switch that the environment names while sources are loaded: `node --import <this file>`. Only sources of
 * the product are touched, and each that the switch names must be loaded in the end (`unseen`).
 */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { switches } from './list.ts';
import { thrown } from './switch.ts';

const root = new URL('../../../../', import.meta.url);
const name = process.env.GANGLINE_SWITCH;
const chosen = switches.find((one) => one.name === name);
if (name !== undefined && !chosen) throw new RangeError(`there is no switch ${name}`);

/** Files that the switch changes and that nobody has loaded. */
export const unseen = new Set(chosen?.edits.map(({ file }) => file));

if (chosen) {
	registerHooks({
		load(url, context, nextLoad) {
			const loaded = nextLoad(url, context);
			if (!url.startsWith(root.href) || loaded.source === undefined || loaded.source === null) return loaded;
			const file = fileURLToPath(url).slice(fileURLToPath(root).length);
			if (!chosen.edits.some((edit) => edit.file === file)) return loaded;
			unseen.delete(file);
			const source =
				typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
			return { ...loaded, source: thrown(chosen, file, source) };
		},
	});
}
