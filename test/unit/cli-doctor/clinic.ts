/**
 * A prepared machine for `doctor`: a home, a state folder and a repository in a temporary folder, all real; only what
 * the kernel says can be replaced, by texts of the same files. A printed fix is run as it stands, by a shell in the
 * repository, and what it exports counts afterwards.
 */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CliContext, Sink } from '../../../gateway/cli/context.ts';
import { type DoctorWorld, systemWorld } from '../../../gateway/cli/doctor-world.ts';
import { systemPrograms } from '../../../gateway/cli/programs.ts';
import { examine, type Finding } from '../../../gateway/cli/run-doctor.ts';
import { openSession, type Session } from '../../../gateway/cli/session.ts';
import { SystemClock } from '../../../shared/ports/system/index.ts';
import { type ProjectConfig, projectConfigSchema, renderProjectConfig } from '../../../shared/project/index.ts';
import { noStreams } from '../../support/no-streams.ts';

export interface Clinic extends Disposable {
	readonly folder: string;
	readonly home: string;
	readonly state: string;
	readonly top: string;
	/** The environment; fixes may change it. */
	env: Record<string, string>;
	git(...args: string[]): string;
	write(path: string, text: string): string;
	/** Commits a configuration that differs from the smallest one like this. */
	configure(change?: Record<string, unknown>): void;
	session(): Session;
	see(id: string, replaced?: Partial<DoctorWorld>): Promise<Finding>;
	/** Runs a fix as printed. */
	mend(fix: string | undefined): void;
}

export function openClinic(): Clinic {
	const folder = mkdtempSync(join(tmpdir(), 'gangline doctor '));
	const [home, state, top, bin] = ['home', 'state', 'my project', 'bin'].map((name) => join(folder, name));
	if (!home || !state || !top || !bin) throw new Error('four folders');
	for (const path of [home, top, bin]) mkdirSync(path);
	writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Ada\n\temail = ada@example.org\n');
	const path = process.env.PATH ?? '';
	const clinic: Clinic = {
		folder,
		home,
		state,
		top,
		env: { PATH: `${bin}:${path}`, HOME: home, GANGLINE_HOME: state, GANGLINE_PORT: '0', LANG: 'C.UTF-8', USER: 'ada' },
		git: (...args) =>
			execFileSync('git', args, {
				cwd: top,
				env: clinic.env,
				encoding: 'utf8',
				stdio: ['ignore', 'pipe', 'pipe'],
			}).trim(),
		write(name, text) {
			const file = name.startsWith('/') ? name : join(folder, name);
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, text);
			if (text.startsWith('#!')) chmodSync(file, 0o755);
			return file;
		},
		configure(change = {}) {
			const file = '.gangline/project.toml';
			clinic.write(join(top, file), renderProjectConfig(smallConfig(change)));
			clinic.git('add', file);
			clinic.git('commit', '-q', '-m', 'Configure');
		},
		session: () =>
			openSession(contextOf(clinic), { json: false, color: false, input: false, yes: false, project: undefined }),
		async see(id, replaced = {}) {
			const session = clinic.session();
			const found = await examine(session, { ...systemWorld(session), ...replaced }, id);
			const finding = found.find((one) => one.id === id);
			if (finding === undefined) throw new Error(`there is no check ${id}`);
			return finding;
		},
		mend(fix) {
			if (fix === undefined) throw new Error('there is no fix');
			const script = `set -e\n${fix}\nenv -0 > ${JSON.stringify(join(folder, 'env'))}`;
			execFileSync('bash', ['-c', script], { cwd: top, env: clinic.env, stdio: ['ignore', 'ignore', 'pipe'] });
			clinic.env = readEnvironment(join(folder, 'env'));
		},
		[Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
	};
	clinic.git('init', '-q', '-b', 'main');
	clinic.write(join(top, 'README.md'), 'one\n');
	clinic.git('add', '-A');
	clinic.git('commit', '-q', '-m', 'First commit');
	return clinic;
}

function smallConfig(change: Record<string, unknown>): ProjectConfig {
	return projectConfigSchema.parse({ id: '01JABCDEFGHJKMNPQRSTVWXYZ0', name: 'demo', branch: 'main', ...change });
}

function readEnvironment(file: string): Record<string, string> {
	const entries = execFileSync('cat', [file], { encoding: 'utf8' })
		.split('\0')
		.filter((entry) => entry.includes('='));
	return Object.fromEntries(
		entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
	);
}

function contextOf(clinic: Clinic): CliContext {
	const silent: Sink = { isTTY: false, columns: undefined, write: () => undefined };
	return {
		env: clinic.env,
		cwd: clinic.top,
		stdin: { isTTY: false, readAll: async () => '' },
		stdout: silent,
		stderr: silent,
		clock: new SystemClock(),
		terminal: { confirm: async () => false },
		programs: systemPrograms(clinic.env),
		nodeCommand: [process.execPath],
		streams: noStreams,
		gatewayCommand: [process.execPath],
		interrupted: new AbortController().signal,
	};
}
