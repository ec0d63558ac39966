/** A program that is asked something is waited for, and nothing that it leaves behind. */
import { expect, it } from 'vitest';
import { captureProgram } from '../../../gateway/cli/capture-program.ts';

const env = { PATH: process.env.PATH };

it('answers when the program has ended, whatever holds its output open', async () => {
	// As ssh leaves a connection for the next one, with the output of the git that began it.
	const { code, stdout, timedOut } = await captureProgram(['sh', '-c', 'sleep 20 & echo $!; exit 3'], {
		env,
		timeoutMs: 5_000,
	});
	process.kill(Number(stdout));
	expect({ code, timedOut }).toEqual({ code: 3, timedOut: false });
});

it('keeps all that a program said before it ended', async () => {
	const { stdout } = await captureProgram(
		['sh', '-c', 'i=0; while [ $i -lt 2000 ]; do echo 0123456789; i=$((i+1)); done'],
		{
			env,
		},
	);
	expect(stdout).toHaveLength(22_000);
});

it('does not begin to wait for one that is not wanted any more', async () => {
	const { code } = await captureProgram(['sleep', '20'], { env, signal: AbortSignal.abort() });
	expect(code).toBeNull();
});
