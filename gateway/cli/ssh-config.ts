/** What ssh clients are told of projects in containers, and the one line in a person's own file. Pure. */
import type { ContainerView } from '../../shared/operations/index.ts';

/** The host that a person types: `ssh myapp.gangline`. */
export function hostOf(name: string): string {
	return `${name}.gangline`;
}

/** How a container is reached: at a port of this machine, or through the mesh, from wherever this machine is. */
export type Way =
	| { readonly kind: 'port' }
	| {
			readonly kind: 'mesh';
			/** For a shell, such as `gangline ssh --stdio myapp`. */
			readonly proxy: string;
			readonly key: string;
			readonly knownHosts: string;
	  };

export interface SshHost extends Pick<ContainerView, 'name' | 'ssh'> {
	readonly way: Way;
}

/** Options of one host; the host key is known beforehand, so nothing is ever asked. */
export function sshSettings({ ssh, way }: SshHost): readonly (readonly [string, string])[] {
	const at: readonly (readonly [string, string])[] =
		way.kind === 'port'
			? [
					['HostName', '127.0.0.1'],
					['Port', String(ssh.port)],
				]
			: // ssh reads a per cent as the beginning of something to be filled in.
				[['ProxyCommand', way.proxy.replaceAll('%', '%%')]];
	const { key, knownHosts } = way.kind === 'port' ? ssh : way;
	return [
		...at,
		['User', ssh.user],
		['IdentityFile', key],
		['IdentitiesOnly', 'yes'],
		['HostKeyAlias', ssh.alias],
		['UserKnownHostsFile', knownHosts],
		['GlobalKnownHostsFile', '/dev/null'],
		['StrictHostKeyChecking', 'yes'],
		['UpdateHostKeys', 'no'],
		['ServerAliveInterval', '15'],
		// Whatever runs inside could use an agent that was handed in.
		['ForwardAgent', 'no'],
	];
}

/** The whole file of ours. */
export function sshConfigText(hosts: readonly SshHost[]): string {
	const blocks = hosts.map((host) => {
		const lines = sshSettings(host).map(([key, value]) => `\t${key} ${settingText(key, value)}`);
		return [`Host ${hostOf(host.name)}`, ...lines].join('\n');
	});
	return `${['# Written by gangline ssh-config; changes are lost.', ...blocks].join('\n\n')}\n`;
}

const mark = '# added by gangline ssh-config';

/** Above the first Host, because an Include below one belongs to that host. Null: it is there. */
export function withInclude(text: string, file: string): string | null {
	if (text.split('\n').some((one) => one.trim() === includeOf(file))) return null;
	return `${mark}\n${includeOf(file)}\n\n${text}`;
}

/** Exactly what `withInclude` put there. */
export function withoutInclude(text: string, file: string): string {
	return text.replace(`${mark}\n${includeOf(file)}\n\n`, '');
}

const includeOf = (file: string): string => `Include ${quoted(file)}`;

/** As ssh reads it, in its file and after -o. A command is the rest of its line, quotes and all. */
export function settingText(key: string, value: string): string {
	return key === 'ProxyCommand' ? value : quoted(value);
}

function quoted(text: string): string {
	return /[\s#"]/.test(text) ? `"${text}"` : text;
}
