/**
 * The node as a process: `node/main` serves until it is told to stop; `node/main verify --repo PATH` judges main once
 * and ends, `node/main backup|restore --file PATH` keep a stopped node or put one back. Everything that it is made of is
 * imported only after compiled code is kept, or none of it would be.
 */
import { keepCompiledCode } from '../shared/ports/system/compile-cache.ts';

keepCompiledCode(process.env);
const { run } = await import('./serve.ts');
await run(process.argv.slice(2), process.env);
