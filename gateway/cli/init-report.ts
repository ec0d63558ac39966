/** What `init` found and what it wrote, in words. */
import type { Detection, ProjectConfig } from '../../shared/project/index.ts';
import { plainLine } from './output.ts';

/** What was found, with the reason for each: a table of three columns. */
export function describeFound(found: Detection): string {
	const rows: (readonly [string, string, string])[] = [
		...found.setup.map(({ value, why }) => ['set-up', value, why] as const),
		...found.copy.map(({ value, why }) => ['copy', value, why] as const),
		...found.gates.map(({ value, why }) => [`gate ${value.name}`, value.command, why] as const),
	];
	const others = found.others.length === 0 ? '' : ` (also: ${found.others.join(', ')})`;
	const head = found.stack === null ? 'Found:' : `Found a ${found.stack} project${others}:`;
	if (rows.length === 0) return `${head} no set-up, no tests`;
	const [first, second] = [0, 1].map((column) =>
		Math.min(48, Math.max(...rows.map((row) => row[column]?.length ?? 0))),
	);
	const lines = rows.map(
		([what, value, why]) => `  ${what.padEnd(first ?? 0)}  ${plainLine(value).padEnd(second ?? 0)}  ${plainLine(why)}`,
	);
	return [head, ...lines].join('\n');
}

/** Why the careful choices were made, where another could be wanted. */
export function describeChoices(config: ProjectConfig, remotes: readonly string[]): readonly string[] {
	const lines: string[] = [];
	if (config.gate.length === 0) lines.push('No gates: nothing checks a change by itself, so each one waits for you.');
	if (config.landing.mode === 'local' && remotes.length > 0) {
		const line = `Changes land on ${config.branch} here and are not pushed: nothing leaves this machine before you say so`;
		lines.push(`${line} (landing.mode, or --landing push).`);
	}
	return lines;
}
