/** A terminal that remembers: runs the command line in this process against a real API with a tiny home behind it. */

import { copyFile, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext, Sink } from '../../gateway/cli/context.ts';
import { systemPrograms } from '../../gateway/cli/programs.ts';
import { run } from '../../gateway/cli/run.ts';
import { createApi } from '../../shared/http/index.ts';
import { SimLog } from '../../shared/ports/sim/sim-log.ts';
import { SystemClock } from '../../shared/ports/system/system-clock.ts';
import { noStreams } from './no-streams.ts';
import { type TinyHome, tinyHome } from './tiny-home.ts';

export interface Typed {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
	/** The questions that were asked. */
	readonly questions: readonly string[];
}

export interface TypeOptions {
	/** Whether stdin, stdout and stderr are a terminal. Default: no. */
	readonly tty?: boolean;
	readonly env?: Readonly<Record<string, string>>;
	/** What questions are answered with. Default: no. */
	readonly answer?: boolean;
	readonly stdin?: string;
	readonly cwd?: string;
	readonly interrupted?: AbortSignal;
	/** Called with each piece of stdout. */
	readonly onOutput?: (text: string) => void;
	/** Called with each piece of stderr. */
	readonly onMessage?: (text: string) => void;
	readonly nodeCommand?: readonly [string, ...string[]];
	readonly gatewayCommand?: readonly [string, ...string[]];
}

export interface Workplace extends AsyncDisposable {
	/** GANGLINE_HOME. */
	readonly state: string;
	/** The checkout of the project `shop`. */
	readonly checkout: string;
	readonly home: TinyHome;
	/** Types `gangline <argv>`. */
	type(argv: readonly string[], options?: TypeOptions): Promise<Typed>;
	stopApi(): Promise<void>;
}

/** A state folder, a checkout and, unless `running` is false, a node that answers; with `gateway` for its gateway too. */
export async function openWorkplace({ running = true, gateway = false } = {}): Promise<Workplace> {
	const root = await realpath(await mkdtemp(join(tmpdir(), 'gangline-cli-')));
	const [state, checkout] = [join(root, 'state'), root];
	const home = tinyHome(checkout);
	const log = new SimLog();
	const clock = new SystemClock();
	const api = createApi({ ...home, token: 't'.repeat(40), person: 'ada', version: '0.1.0', log, clock });
	if (running) await api.listen({ port: 0, noteAt: join(state, 'api.json') });
	if (running && gateway) {
		await mkdir(join(state, 'gateway'));
		await copyFile(join(state, 'api.json'), join(state, 'gateway', 'api.json'));
	}
	return {
		state,
		checkout,
		home,
		stopApi: () => api.stop(),
		async type(argv, options = {}) {
			const questions: string[] = [];
			const [stdout, stderr] = [remember(options, options.onOutput), remember(options, options.onMessage)];
			const env = { PATH: process.env.PATH ?? '', GANGLINE_HOME: state, TERM: 'xterm', PAGER: 'cat', ...options.env };
			const context: CliContext = {
				env,
				cwd: options.cwd ?? checkout,
				stdin: { isTTY: options.tty ?? false, readAll: async () => options.stdin ?? '' },
				stdout,
				stderr,
				clock,
				terminal: {
					confirm: async (question) => {
						questions.push(question);
						return options.answer ?? false;
					},
				},
				programs: systemPrograms(env),
				nodeCommand: options.nodeCommand ?? ['/bin/false'],
				streams: noStreams,
				gatewayCommand: options.gatewayCommand ?? ['/bin/false'],
				interrupted: options.interrupted ?? new AbortController().signal,
			};
			const code = await run(argv, context);
			return { code, stdout: stdout.text(), stderr: stderr.text(), questions };
		},
		async [Symbol.asyncDispose]() {
			await api.stop();
			await rm(root, { recursive: true, force: true });
		},
	};
}

function remember(options: TypeOptions, onOutput?: (text: string) => void): Sink & { text(): string } {
	let all = '';
	return {
		isTTY: options.tty ?? false,
		columns: options.tty ? 100 : undefined,
		write(text) {
			all += text;
			onOutput?.(text);
		},
		text: () => all,
	};
}
