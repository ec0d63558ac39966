/**
 * `node/main verify`, the one-shot mode that `gangline init` waits for: it ends whatever stops it, and leaves nothing.
 * A repository that it left open once kept it, and the person, waiting for ever.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { verifyLineSchema } from '../../shared/protocol/verify.ts';
import { nodeMain } from '../support/main-programs.ts';
import { makeWorld } from '../support/world.ts';

const endMsMax = 20_000;

it('[I12] a check of main that is stopped in a gate ends, says so, and leaves no folder', async () => {
	await using world = makeWorld();
	const repository = world.repository('shop', { 'a.txt': 'a\n' });
	await world.ok(repository, 'init', '--yes', '--no-verify', '--gate', 'slow=sleep 600');
	const temporary = join(world.folder, 'tmp');
	mkdirSync(temporary);
	const child = spawn(process.execPath, [nodeMain, 'verify', '--repo', repository], {
		env: { ...world.env, TMPDIR: temporary },
		stdio: ['ignore', 'pipe', 'inherit'],
		timeout: endMsMax,
		killSignal: 'SIGKILL',
	});
	const ended = once(child, 'close');
	const answers = [];
	for await (const text of createInterface({ input: child.stdout })) {
		const line = verifyLineSchema.parse(JSON.parse(text));
		if (line.type === 'progress' && line.step === 'gate slow') child.kill('SIGTERM');
		if (line.type !== 'progress') answers.push(line);
	}
	expect(await ended).toEqual([1, null]);
	expect(answers).toMatchObject([{ type: 'error', error: { code: 'STOPPING' } }]);
	expect(readdirSync(temporary)).toEqual([]);
});
