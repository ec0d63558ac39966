/**
 * Runs seeds one after another until one finds something, in the process whose sources the hook has changed. Says each
 * finding as one line of JSON: `{seed, invariant, what}`, and `{done: true}` when there was none.
 */
import { verifyOnce } from '../quick-crypto.ts';
import { runSeed } from '../run-seed.ts';
import { unseen } from './hook.ts';

const [from = 1, to = from] = process.argv.slice(2).map(Number);

verifyOnce();

interface Found {
	readonly seed: number;
	readonly invariant: number;
	readonly what: string;
}

async function findIn(seed: number): Promise<Found | null> {
	try {
		// Some rules show where items of one project meet, others where projects do.
		const { violations } = await runSeed(seed, { projects: seed % 2 === 0 ? 1 : 2 });
		const [first] = violations;
		return first ? { seed, invariant: first.invariant, what: `${first.checker}: ${first.what}` } : null;
	} catch (error) {
		// A mesh that does not even come up makes no progress.
		return { seed, invariant: 12, what: error instanceof Error ? error.message : String(error) };
	}
}

for (let seed = from; seed <= to; seed++) {
	const found = await findIn(seed);
	if (unseen.size > 0) throw new Error(`nobody loads ${[...unseen].join(', ')}, which the switch changes`);
	if (found) {
		process.stdout.write(`${JSON.stringify(found)}\n`);
		process.exit(0);
	}
	process.stderr.write(`${seed} `);
}
process.stdout.write('{"done":true}\n');
process.exit(0);
