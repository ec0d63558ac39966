/**
 * Since which version the programs of agents speak as they were seen to: the formats that are read here, and the options
 * that they are called with, were measured with these. An older one may work and may not; nobody has looked. Pure.
 */
import type { AccountRuntime } from './agent-logins.ts';

/** The real programs of the tests have these versions too (test/support/agent-clis.ts). */
export const versionsSeen: Readonly<Record<AccountRuntime, string>> = {
	'claude-code': '2.1.329',
	codex: '0.169.0',
};

export type VersionJudgement =
	| { readonly kind: 'fine' }
	/** Older than anything that was seen. */
	| { readonly kind: 'old'; readonly version: string; readonly wanted: string }
	/** Its answer has no version in it. */
	| { readonly kind: 'unknown' };

/** What a program answered to `--version`, in whatever words. */
export function judgeVersion(runtime: AccountRuntime, answer: string): VersionJudgement {
	const version = /(?<![\w.])v?(\d{1,6}\.\d{1,6}\.\d{1,6})(?![\w.])/.exec(answer.slice(0, 1_000))?.[1];
	if (version === undefined) return { kind: 'unknown' };
	const wanted = versionsSeen[runtime];
	return isOlder(version, wanted) ? { kind: 'old', version, wanted } : { kind: 'fine' };
}

function isOlder(version: string, than: string): boolean {
	const [mine, other] = [version, than].map((one) => one.split('.').map(Number));
	for (let at = 0; at < 3; at++) {
		const [a = 0, b = 0] = [mine?.[at], other?.[at]];
		if (a !== b) return a < b;
	}
	return false;
}
