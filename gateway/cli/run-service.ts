/**
 * Installs, removes and reports the systemd user service. A step that fails leaves the machine as it was and says what
 * to type; where there is no systemd it says what else keeps a node running.
 */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { shellWord } from '../../shared/operations/shell-word.ts';
import { type GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { launcherPath } from '../../shared/ports/system/installation.ts';
import { type Captured, captureProgram } from './capture-program.ts';
import { findNode } from './client.ts';
import { renderUnit } from './service-unit.ts';
import type { Session } from './session.ts';

export const unitName = 'gangline.service';

/** Where systemd says that it runs; another place in tests. */
const systemdFolder = '/run/systemd/system';

export interface ServicePlace {
	readonly systemdFolder: string;
	readonly nodeBinary: string;
}

export const thisMachine: ServicePlace = { systemdFolder, nodeBinary: process.execPath };

/** Writes the unit, enables and starts it. Repeating it brings the unit up to date. */
export async function installService(session: Session, place: ServicePlace): Promise<undefined> {
	await requireSystemd(place);
	await refuseBeside(session);
	const file = unitFile(session);
	const before = await readFile(file, 'utf8').catch(() => null);
	const unit = renderUnit({ command: [place.nodeBinary, launcherPath], environment: session.context.env });
	await mkdir(dirname(file), { recursive: true });
	await writeFile(file, unit, { mode: 0o644 });
	try {
		await systemctl(session, 'daemon-reload');
		await systemctl(session, 'enable', unitName);
		await systemctl(session, 'restart', unitName);
	} catch (error) {
		// A link to a unit that is gone would be complained of at each login.
		if (before === null) await runSystemctl(session, ['disable', unitName]);
		await (before === null ? rm(file, { force: true }) : writeFile(file, before));
		await runSystemctl(session, ['daemon-reload']);
		throw error;
	}
	const lingers = await isLingering(session);
	session.out.result({ unit: file, changed: before !== unit, lingers }, () =>
		[
			`the node runs as a service and starts with your login: ${file}`,
			...(lingers ? [] : ['→ to start it with the machine, before you log in: loginctl enable-linger']),
			'  its log: journalctl --user -u gangline; its state: gangline service status',
		].join('\n'),
	);
	return undefined;
}

/** A second node on one state folder ends at once, which systemd would try again and nobody would be told. */
async function refuseBeside(session: Session): Promise<void> {
	const note = await findNode(session.state, session.context.programs);
	if (note === null || (await runSystemctl(session, ['is-active', unitName])).stdout.trim() === 'active') return;
	throw ganglineError('REFUSED', `a node runs already (pid ${note.pid}), and not as a service: nothing was installed`, {
		hint: 'stop it, its resumable work is kept: gangline stop && gangline service install',
	});
}

/** Stops and removes the service; the state folder and the projects stay. */
export async function uninstallService(session: Session, place: ServicePlace): Promise<undefined> {
	await requireSystemd(place);
	const file = unitFile(session);
	const isThere = (await stat(file).catch(() => null)) !== null;
	if (isThere) {
		await systemctl(session, 'disable', '--now', unitName);
		await rm(file, { force: true });
		await systemctl(session, 'daemon-reload');
	}
	session.out.result({ removed: isThere, unit: file }, () =>
		isThere ? `removed ${file}; state and projects are kept` : 'no service is installed',
	);
	return undefined;
}

/** Whether it is installed, enabled and running, and whether it outlives the login. */
export async function reportService(session: Session, place: ServicePlace): Promise<undefined> {
	const file = unitFile(session);
	const isInstalled = (await stat(file).catch(() => null)) !== null;
	const isPossible = (await stat(place.systemdFolder).catch(() => null)) !== null;
	const ask = async (verb: string): Promise<string> =>
		isPossible && isInstalled ? (await runSystemctl(session, [verb, unitName])).stdout.trim() || 'unknown' : 'no';
	const [enabled, active] = [await ask('is-enabled'), await ask('is-active')];
	const lingers = isPossible && (await isLingering(session));
	session.out.result({ installed: isInstalled, enabled, active, lingers, unit: file }, () => {
		if (!isPossible) return 'systemd does not run here, so there is no service';
		if (!isInstalled) return 'no service is installed; install it: gangline service install';
		return `installed at ${file}: ${enabled}, ${active}, ${lingers ? 'starts with the machine' : 'starts with your login'}`;
	});
	return undefined;
}

async function requireSystemd(place: ServicePlace): Promise<void> {
	if ((await stat(place.systemdFolder).catch(() => null)) !== null) return;
	throw ganglineError('UNSUITABLE_MACHINE', 'systemd does not run here, so there can be no service', {
		hint: `start it from your crontab: @reboot ${shellWord(place.nodeBinary)} ${shellWord(launcherPath)} start`,
	});
}

function unitFile({ context }: Session): string {
	const config = context.env.XDG_CONFIG_HOME || join(context.env.HOME ?? '/', '.config');
	return join(config, 'systemd', 'user', unitName);
}

async function systemctl(session: Session, ...args: readonly string[]): Promise<void> {
	const ran = await runSystemctl(session, args);
	if (ran.code !== 0) throw systemctlFailed(args, ran);
}

function runSystemctl(session: Session, args: readonly string[]): Promise<Captured> {
	return captureProgram(['systemctl', '--user', ...args], { env: session.context.env, timeoutMs: 120_000 });
}

function systemctlFailed(args: readonly string[], ran: Captured): GanglineError {
	const why = ran.notStarted ?? (ran.stderr.trim() || `exit code ${ran.code}`);
	const isUnreachable = /connect to bus|No medium found|not been booted/i.test(why);
	return ganglineError('UNSUITABLE_MACHINE', `systemctl --user ${args.join(' ')} failed: ${why}`, {
		hint: isUnreachable
			? 'Your user manager does not run: `loginctl enable-linger`, then log in again (su and sudo start none).'
			: 'See: systemctl --user status gangline; journalctl --user -u gangline',
	});
}

async function isLingering(session: Session): Promise<boolean> {
	const argv = ['loginctl', 'show-user', String(process.getuid?.() ?? 0), '--property=Linger'] as const;
	return (await captureProgram([...argv], { env: session.context.env })).stdout.trim() === 'Linger=yes';
}
