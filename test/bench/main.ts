/**
 * Runs the benchmarks of this folder one after another, each in a process of its own, prints a table of ratios, and
 * writes everything as JSON for a later run to compare with. Ends with 1 when a goal is missed or a benchmark failed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compared, type Report, reportSchema } from './result.ts';
import { tableOf } from './table.ts';

const here = dirname(fileURLToPath(import.meta.url));
/** Of one benchmark, on a machine that is busy with other things; all together take five on an idle one. */
const minutesMax = 10;
const known = readdirSync(here)
	.filter((file) => file.endsWith('.bench.ts'))
	.map((file) => file.slice(0, -'.bench.ts'.length))
	.sort();

const { values } = parseArgs({
	options: {
		only: { type: 'string', multiple: true, default: [] },
		quick: { type: 'boolean', default: false },
		out: { type: 'string', default: join(tmpdir(), 'gangline-bench.json') },
		compare: { type: 'string' },
	},
});
const wanted = values.only.flatMap((names) => names.split(','));
const strange = wanted.filter((name) => !known.includes(name));
if (strange.length > 0) {
	console.error(`bench: there is no benchmark ${strange.join(', ')}; there are ${known.join(', ')}`);
	process.exit(2);
}
const { quick, out } = values;
// Read first: the last run's file may be the one that is written now.
const earlier = values.compare === undefined ? null : readReport(values.compare);

const gitVersion = execFileSync('git', ['version'], { encoding: 'utf8' }).trim();
const machine = `${availableParallelism()} cores of ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${gitVersion}`;
console.log(`${machine}${quick ? '; quick: a look, not a verdict' : ''}`);
const results: Report['results'] = [];
const failed: string[] = [];
for (const name of wanted.length > 0 ? wanted : known) {
	const begin = performance.now();
	process.stdout.write(`${name} … `);
	const measured = await measure(name);
	if (measured === null) failed.push(name);
	else results.push(...measured);
	const [first] = measured ?? [];
	const nothing = measured === null ? 'FAILED' : 'left out';
	const around = first ? `load ${first.load.join(' → ')}, a loop got ${first.share.join(' → ')} of a core` : nothing;
	console.log(`${((performance.now() - begin) / 1000).toFixed(1)} s, ${around}`);
}

const report: Report = { at: new Date().toISOString(), machine, quick, results };
mkdirSync(dirname(resolve(out)), { recursive: true });
writeFileSync(out, `${JSON.stringify(report, null, '\t')}\n`);
console.log(`\n${tableOf(results)}\n`);
for (const { name, note } of results) if (note !== '') console.log(`${name}: ${note}`);
console.log(`\nratio: ours beside the peer's in the same run. Written to ${out}`);
const isSlower = earlier === null ? false : tellChanges(earlier);
for (const name of failed) console.log(`FAILED: ${name}`);
const missed = results.filter(({ met }) => met === false);
console.log(`${results.filter(({ met }) => met).length} goals met, ${missed.length} missed`);
process.exitCode = failed.length > 0 || missed.length > 0 || isSlower ? 1 : 0;

/** Null when it failed; its words are on stderr. */
async function measure(name: string): Promise<Report['results'] | null> {
	const args = ['--expose-gc', join(here, 'run.ts'), name, ...(quick ? ['--quick'] : [])];
	const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
	const timer = setTimeout(() => child.kill('SIGKILL'), minutesMax * 60_000);
	let output = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		output += text;
	});
	const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
	clearTimeout(timer);
	if (code !== 0) return null;
	const lines = output.split('\n').filter((line) => line.startsWith('['));
	return lines.flatMap((line) => reportSchema.shape.results.parse(JSON.parse(line)));
}

function readReport(file: string): Report {
	try {
		return reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
	} catch (error) {
		console.error(`bench: ${file} is no result of an earlier run: ${error instanceof Error ? error.message : error}`);
		process.exit(2);
	}
}

function tellChanges(before: Report): boolean {
	const changes = compared(results, before.results);
	console.log(`\nbeside the run of ${before.at}${before.machine === machine ? '' : ` on ${before.machine}`}:`);
	for (const { words } of changes) console.log(`  ${words}`);
	if (changes.length === 0) console.log('  nothing changed by a fifth or more');
	return changes.some((change) => change.isSlower);
}
