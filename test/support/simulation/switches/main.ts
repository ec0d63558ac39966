/**
 * Every switch, or one: within how many seeds the suite finds it and by which invariant.
 *   --switches [--limit N] [--from S]     --switch NAME [--limit N] [--from S]
 * Odd seeds have two projects, even ones one.
 */
import { parseArgs } from 'node:util';
import { findSwitch } from './find.ts';
import { switches } from './list.ts';

const { values } = parseArgs({
	options: {
		switches: { type: 'boolean' },
		switch: { type: 'string', multiple: true },
		limit: { type: 'string', default: '500' },
		from: { type: 'string', default: '1' },
	},
});

const names = values.switch ?? switches.map(({ name }) => name);
const strange = names.filter((name) => !switches.some((one) => one.name === name));
if (strange.length > 0) throw new RangeError(`there is no switch ${strange.join(', ')}`);

let missed = 0;
const clean = new Map<number, boolean>();
for (const name of names) {
	const from = Number(values.from);
	const { found, unclean } = await findSwitch(name, { from, limit: Number(values.limit), clean });
	if (!found) missed += 1;
	const seeds = found ? `${String(found.seed - from + 1).padStart(4)}  I${found.invariant}` : 'NOT FOUND';
	const other = unclean.length > 0 ? ` (unclean without it: ${unclean.join(', ')})` : '';
	process.stdout.write(`${name.padEnd(28)} ${seeds.padEnd(10)} ${found?.what.slice(0, 160) ?? ''}${other}\n`);
}
process.stdout.write(`${JSON.stringify({ switches: names.length, missed })}\n`);
process.exitCode = missed === 0 ? 0 : 1;
