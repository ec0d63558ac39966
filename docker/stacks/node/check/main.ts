import { sum } from './sum.ts';

declare const process: { readonly argv: readonly string[] };

if (sum(2, 3) !== Number(process.argv[2])) throw new Error(`5 expected, got ${sum(2, 3)}`);
