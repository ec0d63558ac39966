/**
 * A process that keeps backups, one after the other. Each line it prints names one that is there.
 *
 *     node backup-writer.ts <folder> <count>
 */
import { mkdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from '../../shared/backup/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';

const [folder, count] = process.argv.slice(2);
if (!folder || !count) throw ganglineError('INVALID_ARGUMENT', 'expected a folder and a count');

for (let n = 0; n < Number(count); n += 1) {
	const source = join(folder, `source ${n}`);
	mkdirSync(source);
	writeFileSync(join(source, 'store.dump'), Buffer.alloc(20_000, n));
	await pack(source, join(folder, `${n}.tar`), { version: '1.2.3', at: n, about: {} });
	writeSync(1, `${n}.tar\n`);
}
