/**
 * `scripts/simulate --real [--landings N] [--kills N] [--minutes N] [--seed S] [--lanes N]`: landings on real git and a
 * real store under SIGKILL, judged by git alone. Prints how far it is each ten seconds and one line of JSON at the end;
 * exits 1 when anything was lost, landed twice, or was left behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SimRandom } from '../../../shared/ports/sim/index.ts';
import { type SoakCount, soak } from './landing-soak.ts';

const { values } = parseArgs({
	options: {
		real: { type: 'boolean', default: true },
		landings: { type: 'string', default: '20000' },
		kills: { type: 'string', default: '2000' },
		minutes: { type: 'string', default: '120' },
		lanes: { type: 'string', default: '2' },
		seed: { type: 'string', default: `${Date.now() % 1e6}` },
	},
});
const whole = (name: 'landings' | 'kills' | 'minutes' | 'lanes'): number => {
	const value = Number(values[name]);
	if (Number.isSafeInteger(value) && value > 0) return value;
	throw new RangeError(`--${name} ${values[name]}: expected a whole number above 0`);
};
const [landings, kills, minutes, lanes] = [whole('landings'), whole('kills'), whole('minutes'), whole('lanes')];
const itemsPerYard = Math.min(200, Math.ceil(landings / lanes));
const compiled = mkdtempSync(join(tmpdir(), 'gangline-compiled-'));
const began = performance.now();
const seconds = (): number => (performance.now() - began) / 1000;
let shownAt = 0;

console.log(`seed ${values.seed}: ${landings} landings under ${kills} kills, at most ${minutes} minutes`);
try {
	const goal = { landings, kills, itemsPerYard, lanes, isLate: () => seconds() > minutes * 60 };
	const count = await soak(goal, { random: new SimRandom(values.seed), compiled, onYard: progress });
	report(count);
} finally {
	rmSync(compiled, { recursive: true, force: true });
}

function progress(count: SoakCount): void {
	if (seconds() - shownAt < 10) return;
	shownAt = seconds();
	const perSecond = (count.landings / shownAt).toFixed(1);
	console.log(
		`${shownAt.toFixed(0)} s: ${count.landings} landings (${perSecond}/s), ${count.kills} kills, ${count.orphaned} gits shot, ${count.wrong.length} wrong`,
	);
}

function report({ deaths, wrong, ...count }: SoakCount): void {
	for (const [step, number] of [...deaths].sort(([, a], [, b]) => b - a)) console.log(`  ${number} died ${step}`);
	for (const sentence of wrong) console.error(`WRONG: ${sentence}`);
	const isWhole = count.landings >= landings && count.kills >= kills;
	if (!isWhole) console.error(`time was up: asked were ${landings} landings and ${kills} kills`);
	const result = { seed: values.seed, ...count, stepsDiedAt: deaths.size, wrong: wrong.length };
	console.log(JSON.stringify({ ...result, seconds: Math.round(seconds()), whole: isWhole }));
	process.exitCode = wrong.length === 0 && isWhole ? 0 : 1;
}
