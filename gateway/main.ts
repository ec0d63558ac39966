/**
 * The gateway as a process: serves until it is told to stop. Everything that it is made of is imported only after
 * compiled code is kept, or none of it would be.
 */
import { keepCompiledCode } from '../shared/ports/system/compile-cache.ts';

keepCompiledCode(process.env);
const { serve } = await import('./serve.ts');
await serve(process.env);
