/**
 * A home that is about to die: it takes the lock of the repository given, starts a git child that goes on for a minute,
 * prints that child's process group and waits to be killed.
 */
import { CanonicalRepository } from '../../shared/git/canonical-repository.ts';
import { signer } from './git-signer.ts';

const committer = { name: 'Gangline', email: 'gangline@localhost' };
const environment = { PATH: process.env.PATH };
const path = process.argv[2] ?? '';
const holder = await CanonicalRepository.open({ path, branch: 'main', signer: signer(), committer, environment });
const child = holder.git.start({ args: ['-c', 'alias.linger=!sleep 60', 'linger'] });
child.once('spawn', () => process.stdout.write(`${child.pid}\n`));
