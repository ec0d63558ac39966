/**
 * Three libraries as the board needs them, changed while it is built: one would make code out of text before it can be
 * told not to, one brings every language there is, one writes styles of its own; the page's security policy forbids the
 * first and the last. A build fails where a new version no longer has the words that are looked for.
 */
import type { Plugin } from 'vite';

interface Fitting {
	readonly file: string;
	readonly from: string;
	readonly to: string;
}

const fittings: readonly Fitting[] = [
	{
		file: 'zod/v4/core/core.js',
		from: '_a.__zod_globalConfig = {}',
		to: '_a.__zod_globalConfig = { jitless: true }',
	},
	{
		file: '@git-diff-view/lowlight/dist/esm/index.mjs',
		from: "import { createLowlight, all } from 'lowlight'",
		to: "import { createLowlight, common as all } from 'lowlight'",
	},
	{
		file: '@git-diff-view/react/dist/esm/index.mjs',
		from: 'jsx("style", { "data-select-style": true',
		to: 'jsx("span", { hidden: true, "data-select-style": true',
	},
];

export function fittedLibraries(): Plugin {
	return {
		name: 'fitted-libraries',
		apply: 'build',
		transform(code, id) {
			const fitting = fittings.find(({ file }) => id.endsWith(`node_modules/${file}`));
			if (!fitting) return null;
			const { file, from, to } = fitting;
			if (!code.includes(from)) this.error(`${file} no longer has ${from}: see gateway/web/fitted-libraries.ts`);
			return { code: code.replaceAll(from, to), map: null };
		},
	};
}
