/**
 * `scripts/simulate`: runs seeds one after another and says what they went through, or makes one seed smaller.
 *   --seeds N   --from S   --only FAULT,FAULT   --projects 1   --shrink SEED   --without-faults 1,2   --without-actions 3,4
 */
import { parseArgs } from 'node:util';
import { verifyOnce } from './quick-crypto.ts';
import { countsText, failureText, Totals, writeTrace } from './report.ts';
import { runSeed } from './run-seed.ts';
import { shrink } from './shrink.ts';
import { type FaultKind, faultKinds, type SeedOptions } from './types.ts';

const { values } = parseArgs({
	options: {
		seeds: { type: 'string', default: '200' },
		from: { type: 'string', default: '1' },
		only: { type: 'string' },
		projects: { type: 'string', default: '2' },
		shrink: { type: 'string' },
		'without-faults': { type: 'string', default: '' },
		'without-actions': { type: 'string', default: '' },
	},
});

const numbers = (text: string): ReadonlySet<number> =>
	new Set(
		text
			.split(',')
			.filter((word) => word !== '')
			.map(Number),
	);

function options(): SeedOptions {
	const only = values.only?.split(',') as FaultKind[] | undefined;
	const strange = only?.find((kind) => !faultKinds.includes(kind));
	if (strange) throw new RangeError(`there is no fault ${strange}; there are ${faultKinds.join(', ')}`);
	const without = { faults: numbers(values['without-faults']), actions: numbers(values['without-actions']) };
	if (values.projects !== '1' && values.projects !== '2') throw new RangeError(`--projects ${values.projects}: 1 or 2`);
	return { ...(only && { only }), projects: values.projects === '1' ? 1 : 2, without };
}

async function runAll(): Promise<boolean> {
	const [from, count] = [Number(values.from), Number(values.seeds)];
	const totals = new Totals();
	for (let seed = from; seed < from + count; seed++) {
		const result = await runSeed(seed, options());
		totals.add(result);
		if (result.violations.length > 0) {
			process.stdout.write(`\n${failureText(result, writeTrace(result), process.argv.slice(2))}\n`);
			continue;
		}
		if (process.stdout.isTTY) process.stdout.write(`\r${countsText(result)}`);
		else if ((seed - from) % 20 === 19) process.stdout.write(`${seed - from + 1} seeds, the last ${seed}\n`);
	}
	process.stdout.write(`\n${totals.text()}\n`);
	return totals.isClean;
}

async function makeSmaller(seed: number): Promise<boolean> {
	const found = await shrink(seed, options(), (line) => process.stdout.write(`${line}\n`));
	if (found === null) {
		process.stdout.write(`seed ${seed} breaks no rule\n`);
		return true;
	}
	const { result, without } = found;
	const left = [
		...(values.only ? ['--only', values.only] : []),
		...(values.projects === '1' ? ['--projects', '1'] : []),
	];
	const command = [
		'--without-faults',
		[...without.faults].join(','),
		'--without-actions',
		[...without.actions].join(','),
	];
	process.stdout.write(`${failureText(result, writeTrace(result), [...left, ...command])}\n`);
	return false;
}

verifyOnce();
const isClean = values.shrink === undefined ? await runAll() : await makeSmaller(Number(values.shrink));
process.exitCode = isClean ? 0 : 1;
