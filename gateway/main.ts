/**
 * The gateway as a process: serves until it is told to stop; `gateway/main restore --file PATH` puts one back. Everything that it is made of is imported only after
 * compiled code is kept, or none of it would be.
 */
import { keepCompiledCode } from '../shared/ports/system/compile-cache.ts';

keepCompiledCode(process.env);
const { run } = await import('./serve.ts');
await run(process.argv.slice(2), process.env);
