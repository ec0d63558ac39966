/** One fault in the files of a store that is closed: a flipped bit, or an end that is gone. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';

/** Harms one file of the database in the store's folder; the files with its data more often. Answers what it did. */
export function harmOneFile(store: string, random: SimRandom): string {
	const level = join(store, 'level');
	const files = readdirSync(level)
		.filter((name) => !/^LOCK$|^LOG(\.old)?$/.test(name) && statSync(join(level, name)).size > 0)
		.sort();
	const data = files.filter((file) => /\.(log|ldb)$/.test(file));
	const name = random.pick(data.length > 0 && random.below(4) > 0 ? data : files);
	const file = join(level, name);
	const bytes = readFileSync(file);
	if (random.below(3) === 0) {
		const size = random.below(bytes.length);
		writeFileSync(file, bytes.subarray(0, size));
		return `${name} was cut from ${bytes.length} to ${size} bytes`;
	}
	const place = random.below(bytes.length);
	bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8));
	writeFileSync(file, bytes);
	return `a bit of byte ${place} of ${bytes.length} of ${name} was flipped`;
}
