/** The board for browsers: its bundle, who is logged in, and under which addresses people see it. */
export { Board } from './board.ts';
export { openBundle } from './bundle.ts';
export type { SessionRecord } from './sessions.ts';
