/**
 * The name of "what must pass here": two trees judged under equal hashes were judged by the same commands, limits and
 * set-up, so a verdict may be reused. Anything that could change a verdict belongs in it; nothing else does.
 */
import { createHash } from 'node:crypto';
import type { ProjectConfig } from './config.ts';

/** 64 hex digits that change when set-up, a gate, one of their limits or the kept caches change. */
export function gateSetHash(config: ProjectConfig): string {
	const { commands, copy, lockfiles, timeout_seconds } = config.setup;
	const judged = [
		['setup', commands, copy, lockfiles, timeout_seconds],
		['caches', config.work.caches],
		...config.gate.map((gate) => [
			'gate',
			gate.name,
			gate.kind,
			gate.command,
			gate.timeout_seconds,
			gate.flaky_runs,
			...gate.secrets,
		]),
	];
	return createHash('sha256').update(JSON.stringify(judged)).digest('hex');
}
