/** What ssh clients are told of projects in containers, and the one line in a person's own file. Pure. */
import type { ContainerView } from '../../shared/operations/index.ts';

/** The host that a person types: `ssh myapp.gangline`. */
export function hostOf(name: string): string {
	return `${name}.gangline`;
}

/** Options of one host; the host key is known beforehand, so nothing is ever asked. */
export function sshSettings({ ssh }: Pick<ContainerView, 'ssh'>): readonly (readonly [string, string])[] {
	return [
		['HostName', '127.0.0.1'],
		['Port', String(ssh.port)],
		['User', ssh.user],
		['IdentityFile', ssh.key],
		['IdentitiesOnly', 'yes'],
		['HostKeyAlias', ssh.alias],
		['UserKnownHostsFile', ssh.knownHosts],
		['GlobalKnownHostsFile', '/dev/null'],
		['StrictHostKeyChecking', 'yes'],
		['UpdateHostKeys', 'no'],
		['ServerAliveInterval', '15'],
		// Whatever runs inside could use an agent that was handed in.
		['ForwardAgent', 'no'],
	];
}

/** The whole file of ours. */
export function sshConfigText(views: readonly Pick<ContainerView, 'name' | 'ssh'>[]): string {
	const blocks = views.map((view) => {
		const lines = sshSettings(view).map(([key, value]) => `\t${key} ${quoted(value)}`);
		return [`Host ${hostOf(view.name)}`, ...lines].join('\n');
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

/** As ssh reads it, in its file and after -o. */
export function quoted(text: string): string {
	return /[\s#"]/.test(text) ? `"${text}"` : text;
}
