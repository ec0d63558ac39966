/**
 * A forge in a container of the test's engine, in the network of one project: a bare repository behind OpenSSH and https.
 * What it knows of keys and logins is what the test gives it; what it says of pushes is what its servers say.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { docker, engine } from '../engine-world.ts';

export interface Forge extends Disposable {
	readonly ssh: string;
	readonly https: string;
	/** Of its certificate's authority: itself. */
	readonly certificate: string;
	/** Of its host key, as it would publish it. */
	fingerprint(): string;
	/** Lets whoever has the key in. */
	know(publicKey: string): void;
	/** What its servers said. */
	log(): string;
	/** The commit of its branch. */
	tip(branch: string): string;
}

export interface ForgeWish {
	/** Has its repository, `app.git`; the rest is made here. */
	readonly folder: string;
	/** Whose network it is in. */
	readonly network: string;
	readonly image: string;
	readonly login: { readonly user: string; readonly token: string };
}

export function startForge({ folder, network, image, login }: ForgeWish): Forge {
	const at = (name: string): string => join(folder, name);
	copyFileSync(fileURLToPath(new URL('start', import.meta.url)), at('start'));
	copyFileSync(fileURLToPath(new URL('https.mjs', import.meta.url)), at('https.mjs'));
	writeFileSync(at('authorized_keys'), '');
	const name = `forge-${network}`;
	const command = ['-c', 'until test -e /forge/tls.crt; do sleep 0.1; done; exec /forge/start "$@"', 'sh'];
	docker(
		...['run', '-d', '--name', name, '--network', network, '-v', `${folder}:/forge`, '--entrypoint', 'sh', image],
		...[...command, login.user, login.token],
	);
	const address = docker('inspect', name, '--format', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`);
	const subject = ['-subj', `/CN=${address}`, '-addext', `subjectAltName=IP:${address}`];
	const key = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
	execFileSync('openssl', [...key, ...subject, '-keyout', at('tls.key'), '-out', at('tls.part')], { stdio: 'ignore' });
	execFileSync('mv', [at('tls.part'), at('tls.crt')]);
	return {
		ssh: `ssh://git@${address}/forge/app.git`,
		https: `https://${address}/app.git`,
		certificate: readFileSync(at('tls.crt'), 'utf8'),
		fingerprint: () => /SHA256:\S+/.exec(readFileSync(at('fingerprint'), 'utf8'))?.[0] ?? '',
		know: (publicKey) => writeFileSync(at('authorized_keys'), `${publicKey}\n`),
		log: () => {
			const { stdout, stderr } = spawnSync('docker', ['--host', engine, 'logs', name], { encoding: 'utf8' });
			return `${stdout}${stderr}`;
		},
		tip: (branch) => docker('exec', name, 'git', '--git-dir=/forge/app.git', 'rev-parse', `refs/heads/${branch}`),
		[Symbol.dispose]: () => void docker('rm', '-f', name),
	};
}
