/**
 * `node/main verify --repo PATH`: set-up and gates once on the branch as it is committed now, in a clean clone and a
 * state folder of its own that is removed again. Prints one JSON object a line; the last one is the verdict.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GanglineError } from '../shared/ports/index.ts';
import { openPinoLog } from '../shared/ports/system/index.ts';
import { stateFolder } from '../shared/project/index.ts';
import type { VerifyLine } from '../shared/protocol/verify.ts';
import { openParts } from './compose.ts';
import { openCanonical } from './compose-canonical.ts';
import { makeGateRunner } from './compose-project.ts';
import type { NodeConfig } from './config.ts';
import { adoptRepository } from './home/adopt-repository.ts';
import { ConfigAtMain } from './home/config-at-main.ts';

export interface VerifyOptions {
	readonly config: NodeConfig;
	readonly repository: string;
	readonly stdout: { write(text: string): unknown };
}

/** Answers the exit code: 0 when a verdict was reached, whatever it is. */
export async function verify({ config, repository, stdout }: VerifyOptions): Promise<number> {
	const say = (line: VerifyLine): void => {
		stdout.write(`${JSON.stringify(line)}\n`);
	};
	const root = await mkdtemp(join(tmpdir(), 'gangline-verify-'));
	const interrupted = new AbortController();
	for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => interrupted.abort());
	try {
		const own = { ...config, state: stateFolder({ GANGLINE_HOME: root }) };
		const parts = await openParts(own, openPinoLog({ to: 2, level: 'error' }));
		try {
			const record = await adoptRepository(repository, { environment: config.personEnvironment });
			// Whatever is thrown below: a repository that stays open keeps a git child, and with it this process, for ever.
			await using canonical = await openCanonical(parts, record);
			const gates = makeGateRunner(parts, {
				repository: canonical,
				id: record.id,
				copyFrom: record.path,
				readOnly: [record.path],
				slots: 1,
			});
			const main = await canonical.main();
			if (main === null) throw new Error('the canonical branch was just made and has no commit');
			const verdict = await gates.verdict({
				commit: main,
				config: await new ConfigAtMain(canonical, record.id).read(),
				signal: interrupted.signal,
				onStep: (step) => say({ type: 'progress', step }),
			});
			say({ type: 'verdict', verdict: { ...verdict, gates: verdict.gates.map((gate) => ({ ...gate })) } });
			return 0;
		} finally {
			await parts.store.close();
		}
	} catch (error) {
		const known = error instanceof GanglineError;
		const message = error instanceof Error ? error.message : String(error);
		say({
			type: 'error',
			error: { code: known ? error.code : 'INTERNAL', message, hint: known ? (error.hint ?? null) : null },
		});
		return 1;
	} finally {
		await rm(root, { recursive: true, force: true, maxRetries: 5 });
	}
}
