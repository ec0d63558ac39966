/**
 * Doors for commits and backups: a bundle goes through real git in a quarantine and leaves no object when it is refused;
 * who pulls is answered or cut off; an archive is unpacked whole or refused, and never beside its folder.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack, unpack } from '../../../shared/backup/index.ts';
import { attemptImportLimits, importBundle, MirrorRepository } from '../../../shared/git/index.ts';
import { NetworkPacks } from '../../../shared/mesh/pack/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import { projectOne } from '../facts.ts';
import { environment } from '../git.ts';
import { HandmadePack } from '../handmade-pack.ts';
import { HandNetwork, turns } from './by-hand.ts';
import { spoilBytes } from './bytes.ts';
import type { Door } from './door.ts';
import { jsonText, spoilValue } from './json.ts';
import { bytesFrom } from './makers.ts';

export async function packDoors(folder: string): Promise<readonly Door[]> {
	return [await bundleDoor(folder), await pullDoor(folder), await archiveDoor(folder)];
}

async function bundleDoor(folder: string): Promise<Door<Uint8Array>> {
	const into = await MirrorRepository.open({
		path: join(folder, 'mirror.git'),
		branch: 'main',
		objectFormat: 'sha1',
		environment,
	});
	const made = new HandmadePack();
	const file = made.add('blob', Buffer.from('hello\n'));
	const commit = made.commit(made.tree([['100644', 'a.txt', file]]));
	const bundle = made.bundle(commit);
	const objects = (): string =>
		readdirSync(join(into.path, 'objects'), { recursive: true, encoding: 'utf8', withFileTypes: true })
			.filter((entry) => entry.isFile() || entry.name.startsWith('incoming-'))
			.map(({ name }) => name)
			.join();
	return {
		name: 'bundles of commits',
		covers: ['shared/git/bundle-import.ts', 'shared/git/bundle-header.ts', '/gangline/pack/1'],
		// Each is a process of git.
		weight: 0.1,
		make: (dice) => spoilBytes(dice, bundle),
		feed: async (bytes) => {
			const running = await importBundle({ into, commit, have: [], limits: attemptImportLimits });
			try {
				for (let at = 0; at < bytes.length; at += 100) await running.write(bytes.subarray(at, at + 100));
				await running.finish();
			} finally {
				await running.abort();
			}
		},
		state: objects,
		// Whatever was spoilt, the ids are computed anew: what came in is the commit that was asked for.
		isWhole: () => {
			if (/incoming-/.test(objects())) throw new Error('something was left behind');
		},
		close: () => into.close(),
	};
}

async function pullDoor(folder: string): Promise<Door<readonly Uint8Array[]>> {
	const log = new SimLog();
	const network = new HandNetwork();
	const packs = await NetworkPacks.open({
		...{ network, clock: new SimClock(), log, environment, folder: join(folder, 'packs') },
		mayServe: () => null,
	});
	const commit = 'a'.repeat(40);
	const want = {
		kind: 'want',
		project: projectOne,
		ref: 'refs/heads/main',
		commit,
		have: [commit],
		offset: 0,
		sha256: 'ab'.repeat(32),
	};
	const words = (value: unknown): Uint8Array =>
		Buffer.concat([Buffer.from([0]), Buffer.from(jsonText(value)).subarray(0, 900_000)]);
	return {
		name: 'who pulls commits',
		covers: ['/gangline/pack/1', 'shared/mesh/pack/serving.ts', 'shared/mesh/pack/messages.ts'],
		make: (dice) =>
			Array.from({ length: 1 + dice.below(3) }, () => {
				const frame = words(
					dice.once(4) ? want : spoilValue(dice, dice.pick([want, { kind: 'credit', bytes: 5 }]), 60_000),
				);
				return dice.once(4) ? spoilBytes(dice, frame) : frame;
			}),
		feed: async (frames) => {
			const channel = network.connect('/gangline/pack/1');
			for (const frame of frames) channel.inbox.push(frame);
			channel.inbox.end(null);
			await turns(3);
			const complaint = log.lines.find(({ level }) => level === 'error');
			log.lines.length = 0;
			if (complaint) throw complaint.fields.error ?? new Error(complaint.event);
			const [reason] = network.cutOffs.splice(0);
			if (reason !== undefined) throw ganglineError('MALFORMED', reason);
		},
		close: () => packs.close(),
	};
}

async function archiveDoor(folder: string): Promise<Door<Uint8Array>> {
	const source = mkdtempSync(join(folder, 'source-'));
	mkdirSync(join(source, 'projects'));
	writeFileSync(join(source, 'identity.key'), 'secret');
	writeFileSync(join(source, 'projects', 'one.bundle'), Buffer.alloc(3_000, 7));
	const file = join(folder, 'backup.tar');
	await pack(source, file, { version: '1.2.3', at: 5, about: { kind: 'node' } });
	const archive = readFileSync(file);
	const place = join(folder, 'place');
	mkdirSync(place);
	return {
		name: 'backup files',
		covers: ['shared/backup/archive.ts', 'node/backup.ts'],
		weight: 0.3,
		make: bytesFrom([archive], 64 * 1024),
		feed: async (bytes) => {
			writeFileSync(file, bytes);
			const into = mkdtempSync(join(place, 'into-'));
			try {
				await unpack(file, into);
			} finally {
				rmSync(into, { recursive: true, force: true });
			}
		},
		// What leads out of the folder would be seen here.
		state: () => [...readdirSync(place), ...readdirSync(folder)].join(),
	};
}
