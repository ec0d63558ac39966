/** The links that editors open, in the form that each of them takes apart. */
import { describe, expect, it } from 'vitest';
import { editors, editorWays } from '../../../gateway/cli/editor-links.ts';

const target = { name: 'shop', path: '/home/ada/src/shop', ssh: { user: 'ada', port: 22_200 } };
const odd = '/home/ada/böse Wege/a+b & c#1?x=%20:1';
const waysTo = (path: string) =>
	Object.fromEntries(editors.map((editor) => [editor, editorWays(editor, { ...target, path })]));
/** What stands between the host and the end, as a program that reads links sees it. */
const pathIn = (link: string, before: string): string => {
	expect(link.startsWith(before)).toBe(true);
	const url = new URL(link);
	expect([url.search, url.hash]).toEqual(['', '']);
	return decodeURIComponent(link.slice(before.length));
};

describe('a link to open a project in an editor', () => {
	it('has the form of each editor', () => {
		const links = Object.values(waysTo(target.path)).map(({ link, command }) => [link, command]);
		expect(links).toEqual([
			[
				'vscode://vscode-remote/ssh-remote+shop.gangline/home/ada/src/shop',
				['code', '--folder-uri', 'vscode-remote://ssh-remote+shop.gangline/home/ada/src/shop'],
			],
			[
				'cursor://vscode-remote/ssh-remote+shop.gangline/home/ada/src/shop',
				['cursor', '--folder-uri', 'vscode-remote://ssh-remote+shop.gangline/home/ada/src/shop'],
			],
			['zed://ssh/shop.gangline/home/ada/src/shop', ['zed', 'ssh://shop.gangline/home/ada/src/shop']],
			[
				'jetbrains-gateway://connect#type=ssh&deploy=true&host=shop.gangline&port=22200&user=ada&projectPath=%2Fhome%2Fada%2Fsrc%2Fshop',
				null,
			],
		]);
	});

	it('keeps a path with spaces, letters of other alphabets and marks that mean something in a link', () => {
		const { vscode, cursor, zed, jetbrains } = waysTo(odd);
		expect(pathIn(vscode?.link ?? '', 'vscode://vscode-remote/ssh-remote+shop.gangline')).toBe(odd);
		expect(pathIn(cursor?.link ?? '', 'cursor://vscode-remote/ssh-remote+shop.gangline')).toBe(odd);
		expect(pathIn(zed?.link ?? '', 'zed://ssh/shop.gangline')).toBe(odd);
		for (const [way, before] of [
			[vscode, 'vscode-remote://ssh-remote+shop.gangline'],
			[zed, 'ssh://shop.gangline'],
		] as const) {
			expect(pathIn(way?.command?.at(-1) ?? '', before)).toBe(odd);
		}
		const fields = (jetbrains?.link ?? '').split('#')[1]?.split('&') ?? [];
		expect(fields.map((field) => field.split('=').length)).toEqual([2, 2, 2, 2, 2, 2]);
		// Not as a form: who reads what is behind a `#` may take a plus for a plus.
		expect(decodeURIComponent(fields.at(-1)?.split('=')[1] ?? '')).toBe(odd);
		expect(jetbrains?.link).not.toContain('+');
	});

	it('names the usual port where ssh goes through the mesh', () => {
		const ssh = { user: 'ada', port: null };
		expect(editorWays('jetbrains', { ...target, ssh }).link).toContain('&port=22&');
	});
});
