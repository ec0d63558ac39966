/** How editors are told to open a project over SSH: links of their own kinds and, where they have a command, that. Pure. */
import { hostOf } from './ssh-config.ts';

export const editors = ['vscode', 'cursor', 'zed', 'jetbrains'] as const;
export type Editor = (typeof editors)[number];

export interface EditorTarget {
	readonly name: string;
	/** The source; the same inside. */
	readonly path: string;
	/** `port`: null where ssh goes through the mesh. */
	readonly ssh: { readonly user: string; readonly port: number | null };
}

export interface EditorWays {
	readonly title: string;
	/** Understood by whatever opens links where the editor is installed. */
	readonly link: string;
	/** Its program with arguments; null where a link is its only way in. */
	readonly command: readonly [string, ...string[]] | null;
}

/** The host is the one that `gangline ssh-config` writes: port, key and host key are known to ssh by that name. */
export function editorWays(editor: Editor, { name, path, ssh }: EditorTarget): EditorWays {
	const host = hostOf(name);
	const place = path.split('/').map(encodeURIComponent).join('/');
	switch (editor) {
		case 'vscode':
			return remoteWays('VS Code', 'vscode', 'code', `ssh-remote+${host}${place}`);
		case 'cursor':
			return remoteWays('Cursor', 'cursor', 'cursor', `ssh-remote+${host}${place}`);
		case 'zed':
			return { title: 'Zed', link: `zed://ssh/${host}${place}`, command: ['zed', `ssh://${host}${place}`] };
		case 'jetbrains': {
			// The port stands above that of ssh's own settings there, and a space is no `+` behind a `#`.
			const port = String(ssh.port ?? 22);
			const fields = { type: 'ssh', deploy: 'true', host, port, user: ssh.user, projectPath: path };
			const said = Object.entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
			return { title: 'JetBrains', link: `jetbrains-gateway://connect#${said.join('&')}`, command: null };
		}
	}
}

function remoteWays(title: string, scheme: string, program: string, place: string): EditorWays {
	return {
		title,
		link: `${scheme}://vscode-remote/${place}`,
		command: [program, '--folder-uri', `vscode-remote://${place}`],
	};
}
