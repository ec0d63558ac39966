/**
 * The git settings that a gateway gives a project in a container, as text. Pure. They lie beside the key and the token in
 * the project's state and are included from the settings of the home folder inside, so that nothing of a credential is
 * in an argument list, in the environment, or in what the engine shows.
 */
import { accessSetting, identitySetting } from '../git/index.ts';

export interface ForgeAddress {
	readonly kind: 'ssh' | 'https';
	/** Without the port. */
	readonly host: string;
	readonly port: number | null;
}

export interface GitGiven {
	readonly identity: { readonly name: string; readonly email: string } | null;
	/** A deploy key is there. */
	readonly hasKey: boolean;
	/** Where a token is for. */
	readonly tokenFor: ForgeAddress | null;
}

/** What is where below the folder of these settings. */
export const gitFiles = {
	config: 'config',
	key: 'id_ed25519',
	knownHosts: 'known_hosts',
	token: 'token',
} as const;

/** Of what forges are reached by; null for anything else, such as a path or http without encryption. */
export function forgeOf(url: string): ForgeAddress | null {
	const [, scheme, host, port] =
		/^(https|ssh):\/\/(?:[^/@\s]*@)?([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?\/\S+$/i.exec(url) ??
		[];
	if (scheme !== undefined && host !== undefined) {
		const kind = scheme.toLowerCase() === 'ssh' ? 'ssh' : 'https';
		return { kind, host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? null : Number(port) };
	}
	const short = /^(?:[A-Za-z0-9._-]+@)?([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)[^\s-]\S*$/.exec(url)?.[1];
	return short === undefined ? null : { kind: 'ssh', host: short, port: null };
}

/** How known_hosts calls it. */
export function knownAs({ host, port }: ForgeAddress): string {
	return port === null || port === 22 ? host : `[${host}]:${port}`;
}

/** `at`: the folder of these settings as it is seen inside. */
export function gitSettings({ identity, hasKey, tokenFor }: GitGiven, at: string): string {
	const access = hasKey ? 'deploy key' : tokenFor === null ? null : 'token';
	return [
		'# Written by the gateway; changes are lost. Your own settings go into ~/.gitconfig.',
		...(identity === null
			? []
			: [
					'[user]',
					`\tname = ${gitQuoted(identity.name)}`,
					`\temail = ${gitQuoted(identity.email)}`,
					...setting(identitySetting, 'gateway'),
				]),
		...(access === null ? [] : setting(accessSetting, access)),
		...(hasKey ? ['[core]', `\tsshCommand = ${gitQuoted(sshCommand(at))}`] : []),
		...(tokenFor === null
			? []
			: [
					`[credential ${gitQuoted(`https://${tokenFor.host}${tokenFor.port === null ? '' : `:${tokenFor.port}`}`)}]`,
					// The empty one forgets helpers that were named before.
					'\thelper =',
					`\thelper = ${gitQuoted(`!f() { test "$1" = get && cat '${at}/${gitFiles.token}'; }; f`)}`,
				]),
		'',
	].join('\n');
}

/** What the helper hands to git. */
export function tokenText({ user, token }: { readonly user: string; readonly token: string }): string {
	return `username=${user}\npassword=${token}\n`;
}

/** A host that is pinned here or by whoever works inside, and no other, ever. */
function sshCommand(at: string): string {
	const options = [
		`IdentityFile=${at}/${gitFiles.key}`,
		'IdentitiesOnly=yes',
		'BatchMode=yes',
		'StrictHostKeyChecking=yes',
		`UserKnownHostsFile=${at}/${gitFiles.knownHosts} ~/.ssh/known_hosts`,
	];
	return ['ssh', ...options.map((option) => `-o '${option}'`)].join(' ');
}

function setting(name: string, value: string): readonly string[] {
	const [section, key] = name.split('.');
	return [`[${section}]`, `\t${key} = ${gitQuoted(value)}`];
}

/** A value as git reads it from a file. */
export function gitQuoted(text: string): string {
	return `"${text.replace(/[\\"]/g, '\\$&').replace(/[\r\n]/g, ' ')}"`;
}

/** The home folder's settings with these included last, so that they count. Null: they are already. */
export function withInclude(text: string, at: string): string | null {
	const line = `\tpath = ${at}/${gitFiles.config}`;
	if (text.split('\n').includes(line)) return null;
	return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}[include]\n${line}\n`;
}
