/** Opens an index that lies in a store, in a process that has done nothing else: `index-load.ts FOLDER`. */
import { writeSync } from 'node:fs';
import { ProjectIndex } from '../../shared/documents/index.ts';
import { openIndexReading } from './index-ground.ts';

const [folder = ''] = process.argv.slice(2);
const { options, close } = await openIndexReading(folder);
gc?.();
const [heap, cpu, begin] = [process.memoryUsage().heapUsed, process.cpuUsage(), performance.now()];
const index = await ProjectIndex.open(options);
const { facts } = index;
const ms = performance.now() - begin;
const { user, system } = process.cpuUsage(cpu);
gc?.();
const heapMb = (process.memoryUsage().heapUsed - heap) / 1_000_000;
// After the measurement: the facts must be alive until here.
const items = Object.keys(facts.items).length;
writeSync(1, JSON.stringify({ ms, cpuMs: (user + system) / 1_000, heapMb, items, revision: facts.revision }));
await close();
