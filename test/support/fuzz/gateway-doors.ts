/**
 * Doors of a gateway's folders: what describes a stack, the bundle of the board, and a backup of a gateway that is put
 * back. Each is read as it is or refused in words, and a refused backup leaves no gateway behind.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoreGatewayBackup } from '../../../gateway/backup.ts';
import { openBundle } from '../../../gateway/board/bundle.ts';
import { readMachineView } from '../../../gateway/machines/machine-views.ts';
import { pack } from '../../../shared/backup/index.ts';
import { containerViewSchema } from '../../../shared/operations/container-operations.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { openSimStore, SimLog } from '../../../shared/ports/sim/index.ts';
import { detectProject, stateFolder } from '../../../shared/project/index.ts';
import { chooseStack, readStacks, stackRows } from '../../../shared/provision/stacks.ts';
import { idNo } from '../registry-facts.ts';
import { myapp } from '../tiny-containers.ts';
import type { Dice } from './dice.ts';
import type { Door } from './door.ts';
import { spoilValue } from './json.ts';
import { jsonFrom, valuesFrom } from './makers.ts';
import { valuesOf } from './schema-values.ts';

export async function gatewayDoors(folder: string): Promise<readonly Door[]> {
	return [
		machineDoor(),
		stackDoor(join(folder, 'stacks')),
		bundleDoor(join(folder, 'board')),
		await backupDoor(folder),
	];
}

/** What another machine says of a container: it goes into settings of ssh and before people. */
function machineDoor(): Door {
	const values = valuesOf(containerViewSchema);
	return {
		name: 'what a machine says of its containers',
		covers: ['gateway/machines/machine-views.ts', 'gateway/machines/there.ts'],
		make: (dice) => (dice.once(3) ? spoilValue(dice, myapp, 20_000) : dice.once(9) ? myapp : values(dice)),
		feed: (said) => {
			const { ssh } = readMachineView(said, 'builder');
			if (/\s/.test(`${ssh.user}${ssh.hostKey?.replace(' ', '') ?? ''}`)) throw new Error('more than a word for ssh');
		},
	};
}

const proposes = {
	setup: [{ command: 'go mod download', if: ['go.sum', 'b/'] }],
	lockfiles: ['go.sum'],
	caches: ['vendor'],
	gates: [{ kind: 'test', command: 'go test ./...' }],
};

function stackDoor(folder: string): Door<string> {
	const place = join(folder, 'go');
	mkdirSync(place, { recursive: true });
	writeFileSync(join(place, 'Dockerfile'), 'RUN true\n');
	return {
		name: 'the description of a stack',
		covers: [...['shared/provision/stacks.ts', 'shared/project/stack-file.ts', 'shared/project/detect/declared.ts']],
		make: jsonFrom([{ order: 3, markers: ['go.mod'], extensions: ['.go'], caches: { GOPATH: 'go' }, proposes }]),
		feed: async (text) => {
			writeFileSync(join(place, 'stack.json'), text);
			const files = ['go.mod', 'a.go', 'b/c.txt'];
			await detectProject({ files, untracked: [], read: async () => null }, await stackRows(folder));
			return chooseStack(await readStacks(folder), null, files);
		},
	};
}

function bundleDoor(root: string): Door<string> {
	const built = join(root, 'dist/web');
	mkdirSync(built, { recursive: true });
	const page = '<html></html>';
	writeFileSync(join(built, 'index.html'), page);
	const hash = createHash('sha256').update(page).digest('hex');
	return {
		name: 'the manifest of the board',
		covers: ['gateway/board/bundle.ts'],
		make: jsonFrom([{ hash: 'ab'.repeat(32), files: { 'index.html': hash } }]),
		feed: async (text) => {
			writeFileSync(join(built, 'sources.json'), text);
			const state = await openBundle(root).state();
			if (state.kind === 'unusable') throw ganglineError('MALFORMED', state.words);
			if (state.page !== page) throw new Error('another page is served than was built');
		},
	};
}

interface Backup {
	readonly about: unknown;
	/** Files by their place in the archive; one that is left out is missing. */
	readonly files: Readonly<Record<string, Uint8Array>>;
}

async function backupDoor(folder: string): Promise<Door<Backup>> {
	const state = stateFolder({ GANGLINE_HOME: join(folder, 'restored') }).gateway;
	const source = join(folder, 'backup-source');
	const file = join(folder, 'gateway-backup.tar');
	const files = {
		'identity.key': Buffer.from('-----BEGIN PRIVATE KEY-----\n'),
		'listen.json': Buffer.from('{}'),
		'store.dump': await dumpOf(),
	};
	const abouts = valuesFrom([{ kind: 'gateway', node: idNo(1) }]);
	const gateways = (): string =>
		[state.identity, state.store, state.listen, state.root]
			.flatMap((path) => readOr(path))
			.sort()
			.join();
	mkdirSync(state.root, { recursive: true });
	return {
		name: 'a backup of a gateway that is put back',
		covers: ['gateway/backup.ts'],
		// Each is an archive and a store on the disk.
		weight: 0.3,
		msMax: 300,
		make: (dice) => ({
			about: dice.once(2) ? { kind: 'gateway', node: idNo(1) } : abouts(dice),
			files: dice.once(3) ? files : spoiltFiles(dice, files),
		}),
		feed: async (backup) => {
			for (const path of [source, file]) rmSync(path, { recursive: true, force: true });
			mkdirSync(source);
			for (const [name, bytes] of Object.entries(backup.files)) writeFileSync(join(source, name), bytes);
			await pack(source, file, { version: '1.2.3', at: 5, about: backup.about as never });
			await restoreGatewayBackup(state, file, new SimLog());
			for (const path of [state.identity, state.store, state.listen]) rmSync(path, { recursive: true, force: true });
		},
		state: gateways,
	};
}

async function dumpOf(): Promise<Uint8Array> {
	const store = await openSimStore();
	await store.write([
		{ kind: 'put', key: 'gateway/mesh', value: 'x' },
		{ kind: 'append', stream: 'log/a', bytes: Buffer.from('an entry') },
	]);
	const parts: Uint8Array[] = [];
	for await (const part of store.dump()) parts.push(part);
	await store.close();
	return Buffer.concat(parts);
}

function spoiltFiles(dice: Dice, files: Readonly<Record<string, Uint8Array>>): Backup['files'] {
	const spoilt: Record<string, Uint8Array> = { ...files };
	const name = dice.pick(Object.keys(files));
	const bytes = files[name] ?? new Uint8Array();
	if (dice.once(2)) delete spoilt[name];
	else spoilt[name] = dice.once(2) ? dice.bytes(dice.size(300)) : bytes.subarray(0, dice.below(bytes.length + 1));
	return spoilt;
}

function readOr(path: string): readonly string[] {
	try {
		return readdirSync(path);
	} catch (error) {
		return error instanceof Error && 'code' in error && error.code === 'ENOTDIR' ? [path] : [];
	}
}
