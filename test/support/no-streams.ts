import { PassThrough, Readable } from 'node:stream';

/** Input and output of a command that is no line between two programs. */
export const noStreams = () => ({ input: Readable.from([]), output: new PassThrough() });
