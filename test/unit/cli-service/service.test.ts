import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CliContext } from '../../../gateway/cli/context.ts';
import { systemPrograms } from '../../../gateway/cli/programs.ts';
import { installService, reportService, uninstallService } from '../../../gateway/cli/run-service.ts';
import { renderUnit } from '../../../gateway/cli/service-unit.ts';
import { openSession } from '../../../gateway/cli/session.ts';
import { readConfig } from '../../../gateway/config.ts';
import { SystemClock } from '../../../shared/ports/system/index.ts';
import { readProcessStat } from '../../../shared/project/api-file.ts';
import { noStreams } from '../../support/no-streams.ts';

type Action = typeof installService;

interface Machine extends Disposable {
	readonly unit: string;
	run(
		action: Action,
	): Promise<{ readonly stdout: string; readonly code: string | null; readonly hint: string | undefined }>;
	/** From now on this process is the node of its state folder. */
	runNode(): void;
	/** What systemctl was asked, in order. */
	calls(): readonly string[];
}

/** A home and a `systemctl` that writes down what it is asked. */
function openMachine(systemctl: string, hasSystemd = true): Machine {
	const folder = mkdtempSync(join(tmpdir(), 'gangline service '));
	const bin = join(folder, 'bin');
	mkdirSync(bin);
	if (hasSystemd) mkdirSync(join(folder, 'run'));
	const log = join(folder, 'calls');
	writeFileSync(join(bin, 'systemctl'), `#!/bin/sh\necho "$*" >> '${log}'\n${systemctl}\n`);
	writeFileSync(join(bin, 'loginctl'), '#!/bin/sh\necho Linger=no\n');
	for (const name of ['systemctl', 'loginctl']) chmodSync(join(bin, name), 0o755);
	const env = { PATH: `${bin}:${process.env.PATH}`, HOME: folder };
	return {
		unit: join(folder, '.config/systemd/user/gangline.service'),
		async run(action) {
			let stdout = '';
			const sink = { isTTY: false, columns: undefined, write: () => undefined };
			const context: CliContext = {
				env,
				cwd: folder,
				stdin: { isTTY: false, readAll: async () => '' },
				stdout: {
					...sink,
					write: (text) => {
						stdout += text;
					},
				},
				stderr: sink,
				clock: new SystemClock(),
				terminal: { confirm: async () => false },
				programs: systemPrograms(env),
				nodeCommand: ['node'],
				streams: noStreams,
				gatewayCommand: ['gateway'],
				interrupted: new AbortController().signal,
			};
			const session = openSession(context, { json: false, color: false, input: false, yes: false, project: undefined });
			const place = { systemdFolder: join(folder, 'run'), nodeBinary: '/opt/node 24/bin/node' };
			const error = await action(session, place).then(
				() => null,
				(thrown: { code: string; hint: string }) => thrown,
			);
			return { stdout, code: error?.code ?? null, hint: error?.hint };
		},
		runNode() {
			const state = join(folder, '.local/state/gangline');
			mkdirSync(state, { recursive: true });
			const stat = readProcessStat(readFileSync('/proc/self/stat', 'utf8'));
			const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
			const { pid } = process;
			const note = { url: 'http://127.0.0.1:1', token: 't'.repeat(40), pid, bootId, startedAt: 0, version: '1' };
			writeFileSync(join(state, 'api.json'), JSON.stringify({ ...note, startTicks: stat?.startTicks }));
		},
		calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
		[Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
	};
}

describe('gangline service', () => {
	it('installs, reports and removes a unit that owns its cgroup and restarts after a failure', async () => {
		using machine = openMachine('case "$2" in is-enabled) echo enabled;; is-active) echo active;; esac');
		expect((await machine.run(installService)).stdout).toContain('loginctl enable-linger');
		const unit = readFileSync(machine.unit, 'utf8');
		for (const line of ['Delegate=yes', 'KillMode=mixed', 'Restart=on-failure', 'UMask=0077'])
			expect(unit).toContain(line);
		expect(unit).toMatch(/^ExecStart="\/opt\/node 24\/bin\/node" ".*gangline\.js" "start" "--foreground"$/m);
		expect(machine.calls()).toEqual([
			'--user daemon-reload',
			'--user enable gangline.service',
			'--user restart gangline.service',
		]);
		expect((await machine.run(reportService)).stdout).toContain('enabled, active');
		expect((await machine.run(uninstallService)).stdout).toContain('state and projects are kept');
		expect(existsSync(machine.unit)).toBe(false);
		expect((await machine.run(uninstallService)).stdout).toContain('no service is installed');
	});

	it('begins no second node beside one that runs already, and brings its own up to date', async () => {
		const answers = (state: string) => `case "$2" in is-active) echo ${state};; esac`;
		for (const [state, code] of [
			['inactive', 'REFUSED'],
			['active', null],
		] as const) {
			using machine = openMachine(answers(state));
			machine.runNode();
			const installed = await machine.run(installService);
			expect(installed.code).toBe(code);
			expect(existsSync(machine.unit)).toBe(code === null);
			if (code !== null) expect(installed.hint).toContain('gangline stop && gangline service install');
		}
	});

	it('leaves nothing behind when the user manager does not run, and says how to get one', async () => {
		using machine = openMachine('echo "Failed to connect to bus: No medium found" >&2; exit 1');
		expect(await machine.run(installService)).toMatchObject({
			code: 'UNSUITABLE_MACHINE',
			hint: expect.stringContaining('loginctl enable-linger'),
		});
		expect(existsSync(machine.unit)).toBe(false);
	});

	it('is enabled no more where it could not be started', async () => {
		using machine = openMachine('case "$2" in restart) exit 1;; esac');
		expect((await machine.run(installService)).code).toBe('UNSUITABLE_MACHINE');
		expect(existsSync(machine.unit)).toBe(false);
		expect(machine.calls().slice(-2)).toEqual(['--user disable gangline.service', '--user daemon-reload']);
	});

	it('says what to do where there is no systemd', async () => {
		using machine = openMachine('exit 1', false);
		expect(await machine.run(installService)).toMatchObject({
			code: 'UNSUITABLE_MACHINE',
			hint: expect.stringContaining("@reboot '/opt/node 24/bin/node'"),
		});
		expect((await machine.run(reportService)).stdout).toContain('does not run here');
		expect(machine.calls()).toEqual([]);
	});
});

describe('renderUnit', () => {
	it('quotes what systemd would read otherwise, and passes no secret', () => {
		const unit = renderUnit({
			command: ['/a b/"c"/%n/$x'],
			environment: { PATH: '/x:/y z', ANTHROPIC_API_KEY: 'secret', GANGLINE_HOME: '/s' },
		});
		expect(unit).toContain('ExecStart="/a b/\\"c\\"/%%n/$$x" "start" "--foreground"');
		expect(unit).toContain('Environment="PATH=/x:/y z"');
		expect(unit).toContain('Environment="GANGLINE_HOME=/s"');
		expect(unit).not.toContain('secret');
	});

	it('starts the gateway with the ports, the engine and the bounds that it has in this shell', () => {
		const environment = {
			...{ HOME: '/home/ada', GANGLINE_HOME: '/s', GANGLINE_LOG: 'warn', GANGLINE_GATEWAY_NAME: 'office' },
			...{ GANGLINE_GATEWAY_PORT: '1', GANGLINE_MESH_PORT: '2', GANGLINE_BUILDS_PORT: '3' },
			...{ DOCKER_HOST: 'unix:///e.sock', GANGLINE_PROVISIONER: 'swarm', GANGLINE_BASE_IMAGE: 'example.org/base:1' },
			...{ GANGLINE_SWARM_CONSTRAINT: 'node.labels.projects==yes', GANGLINE_HOST_PORTS: '5432' },
		};
		const unit = renderUnit({ command: ['/n'], environment });
		const passed = Object.fromEntries([...unit.matchAll(/^Environment="(\w+)=(.*)"$/gm)].map(([, ...one]) => one));
		const configured = (env: Readonly<Record<string, string>>): string =>
			JSON.stringify({ ...readConfig(env, 'ada'), environment: null }, null, 1);
		expect(configured({ HOME: '/home/ada', ...passed })).toBe(configured(environment));
	});
});
