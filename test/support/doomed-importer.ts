/**
 * A worker that is about to die: it takes half of a bundle into its mirror, says so, and waits to be killed.
 * Arguments: mirror, bundle, commit.
 */
import { readFileSync } from 'node:fs';
import { attemptImportLimits, importBundle, MirrorRepository } from '../../shared/git/index.ts';
import { parseCommitId } from '../../shared/ports/ids.ts';

const [path = '', bundle = '', commit = ''] = process.argv.slice(2);
const environment = { PATH: process.env.PATH };
const into = await MirrorRepository.open({ path, branch: 'main', objectFormat: 'sha1', environment });
const taking = await importBundle({ into, commit: parseCommitId(commit), have: [], limits: attemptImportLimits });
const bytes = readFileSync(bundle);
await taking.write(bytes.subarray(0, bytes.length / 2));
process.stdout.write('half\n');
process.stdin.resume();
