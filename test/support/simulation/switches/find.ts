/** Within how many seeds the suite finds a switch. A seed counts only where it is clean without the switch. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const lineSchema = z.union([
	z.strictObject({ seed: z.number(), invariant: z.number(), what: z.string() }),
	z.strictObject({ done: z.literal(true) }),
]);

export interface FoundBy {
	readonly seed: number;
	readonly invariant: number;
	readonly what: string;
}

export interface Finding {
	readonly found: FoundBy | null;
	/** Seeds that find something without any switch: bugs of the product or of the suite, to be looked at first. */
	readonly unclean: readonly number[];
}

const hook = new URL('./hook.ts', import.meta.url).href;
const program = fileURLToPath(new URL('./run-seeds.ts', import.meta.url));

/** `clean`: what is known of seeds without any switch, kept from one switch to the next. */
export async function findSwitch(
	name: string,
	{ from = 1, limit, clean = new Map() }: { from?: number; limit: number; clean?: Map<number, boolean> },
): Promise<Finding> {
	const unclean: number[] = [];
	for (let seed = from; seed < from + limit; ) {
		const found = await runSeeds(name, seed, from + limit - 1);
		if (found === null) break;
		const isClean = clean.get(found.seed) ?? (await runSeeds(null, found.seed, found.seed)) === null;
		clean.set(found.seed, isClean);
		if (isClean) return { found, unclean };
		unclean.push(found.seed);
		seed = found.seed + 1;
	}
	return { found: null, unclean };
}

/** The first seed that finds something; null: none does. */
export function runSeeds(name: string | null, from: number, to: number): Promise<FoundBy | null> {
	const { GANGLINE_SWITCH: _other, ...environment } = process.env;
	const env = name === null ? environment : { ...environment, GANGLINE_SWITCH: name };
	const child = spawn(process.execPath, ['--no-warnings', '--import', hook, program, String(from), String(to)], {
		env,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let said = '';
	let complaint = '';
	child.stdout.on('data', (piece) => {
		said += String(piece);
	});
	child.stderr.on('data', (piece) => {
		complaint = `${complaint}${String(piece)}`.slice(-4_000);
	});
	return new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', (code) => {
			const line = said.trim().split('\n').at(-1) ?? '';
			if (code !== 0 || line === '') {
				reject(new Error(`seeds ${from} to ${to} with ${name ?? 'no switch'} ended with ${code}: ${complaint}`));
				return;
			}
			const answer = lineSchema.parse(JSON.parse(line));
			resolve('done' in answer ? null : answer);
		});
	});
}
