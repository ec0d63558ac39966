/** Processes on Linux: started under an anchor, confined, and stopped until the kernel shows that nothing is left. */
export { createProcesses } from './create-processes.ts';
export { findProgram } from './means.ts';
