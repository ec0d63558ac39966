/**
 * Gives a project in a container what it commits and pushes with, and takes it away again: each a question of a person,
 * answered with what they have to do at their forge. Private halves and tokens are in no answer.
 */
import type { Environment } from '../git/index.ts';
import type { Result } from '../operations/index.ts';
import type { Containers } from './containers.ts';
import { ensureDeployKey, forgeFor, forgetCredentials, keepToken, pinHost } from './git-access.ts';
import { knownAs } from './git-settings.ts';

interface GitOptions {
	readonly containers: Pick<Containers, 'placeOf' | 'give'>;
	/** Of the person who runs the gateway: what they know of hosts counts. */
	readonly environment: Environment;
}

export async function giveKey(
	{ containers, environment }: GitOptions,
	{ name, hostKey }: { readonly name: string; readonly hostKey?: string | undefined },
): Promise<Result<'container.gitKey'>> {
	const { record, folder } = containers.placeOf(name);
	const forge = await forgeFor(record, 'ssh', environment);
	const publicKey = await ensureDeployKey({ folder }, name);
	const host = knownAs(forge);
	const pinned = await pinHost({ folder }, { forge, hostKey, environment });
	if (pinned.state === 'hostUnknown') {
		const fingerprints = pinned.offered.map(({ kind, fingerprint }) => `${fingerprint} (${kind})`).join(', ');
		return {
			...{ state: 'hostUnknown', publicKey, host, offered: [...pinned.offered] },
			answer: `nobody here knows ${host}; it shows ${fingerprints}`,
			next: [
				'compare it with what the forge publishes',
				...pinned.offered.slice(0, 1).map(({ fingerprint }) => `gangline git key ${name} --host-key ${fingerprint}`),
			],
		};
	}
	await containers.give(name, { hasKey: true });
	return {
		...{ state: 'ready', publicKey, host, offered: [] },
		answer: `${name} pushes with a key of its own; ${pinned.words}`,
		next: [
			`give the key to that one repository at ${forge.host}, as a deploy key that may write: ${publicKey}`,
			`gangline git check ${name}`,
		],
	};
}

export async function giveToken(
	{ containers, environment }: GitOptions,
	{ name, token, user }: { readonly name: string; readonly token: string; readonly user: string },
): Promise<Result<'container.gitToken'>> {
	const { record, folder } = containers.placeOf(name);
	const forge = await forgeFor(record, 'https', environment);
	await keepToken({ folder }, { user, token });
	await containers.give(name, { tokenFor: forge });
	return {
		answer: `${name} pushes to ${knownAs(forge)} with that token; whatever runs inside can read it`,
		next: [`gangline git check ${name}`],
	};
}

export async function giveIdentity(
	{ containers }: GitOptions,
	{ name, person, email }: { readonly name: string; readonly person: string; readonly email: string },
): Promise<Result<'container.gitIdentity'>> {
	const { record } = containers.placeOf(name);
	await containers.give(name, { identity: { name: person, email } });
	return {
		answer: `${person} <${email}> commits in ${name}, unless its repository says somebody else`,
		next: [record.phase === 'ready' ? `gangline git check ${name}` : `gangline new ${name} --retry`],
	};
}

export async function takeCredentials(
	{ containers }: GitOptions,
	{ name }: { readonly name: string },
): Promise<Result<'container.gitForget'>> {
	const { record, folder } = containers.placeOf(name);
	const { hasKey, tokenFor } = record.gitGiven;
	await containers.give(name, { hasKey: false, tokenFor: null });
	await forgetCredentials({ folder });
	const what = [...(hasKey ? ['deploy key'] : []), ...(tokenFor === null ? [] : ['token'])];
	if (what.length === 0) return { answer: `${name} had neither key nor token`, next: [] };
	return {
		answer: `the ${what.join(' and the ')} of ${name} ${what.length === 1 ? 'is' : 'are'} gone from here`,
		next: ['take it out at the forge too: what ran inside could read it'],
	};
}
