/**
 * A process that puts a gateway back from a backup, and says so once it is there.
 *
 *     node restore-writer.ts <folder>
 */
import { createWriteStream, mkdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { restoreGatewayBackup } from '../../gateway/backup.ts';
import { pack } from '../../shared/backup/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { stateFolder } from '../../shared/project/index.ts';
import { openStore } from '../../shared/store/index.ts';

const [folder] = process.argv.slice(2);
if (!folder) throw ganglineError('INVALID_ARGUMENT', 'expected a folder');

const source = join(folder, 'source');
mkdirSync(source);
const store = await openStore(join(folder, 'store'), { log: new SimLog() });
await store.write([{ kind: 'put', key: 'known', value: 'before' }]);
await pipeline(store.dump(), createWriteStream(join(source, 'store.dump')));
await store.close();
writeFileSync(join(source, 'identity.key'), 'the key of a gateway');
writeFileSync(join(source, 'listen.json'), '{}');
const file = join(folder, 'gateway.tar');
await pack(source, file, { version: '1.2.3', at: 1, about: { kind: 'gateway', node: 'n' } });
const { gateway } = stateFolder({ GANGLINE_HOME: join(folder, 'state') });
await restoreGatewayBackup(gateway, file, new SimLog());
writeSync(1, 'restored\n');
