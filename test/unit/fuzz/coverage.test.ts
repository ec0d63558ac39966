/**
 * Nothing comes in by a way that nobody knocks at: each protocol, method, operation, route, variable, kind of record and
 * file that parses is held against the doors, so that a new one cannot be forgotten.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { operationNames } from '../../../shared/operations/index.ts';
import { meshProtocols } from '../../../shared/ports/index.ts';
import { allDoors } from '../../support/fuzz/all-doors.ts';
import { openWorkplace } from '../../support/terminal.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const sources = ['shared', 'node', 'gateway']
	.flatMap((room) =>
		readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((path) => `${room}/${path}`),
	)
	.filter((path) => path.endsWith('.ts') && !path.startsWith('shared/ports/sim/'))
	.sort()
	.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

const place = await openWorkplace();
const doors = await allDoors(place);
const covered = new Set(doors.flatMap(({ covers }) => covers));
afterAll(async () => {
	for (const door of doors) await door.close?.();
	await place[Symbol.asyncDispose]();
});

/** What the sources have and no door covers. */
function missing(kinds: Iterable<string>, others: Readonly<Record<string, string>> = {}): readonly string[] {
	return [...new Set(kinds)].filter((kind) => !covered.has(kind) && !Object.hasOwn(others, kind)).sort();
}

function found(pattern: RegExp, among = sources): readonly string[] {
	return among.flatMap(({ text }) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
}

/** Read by their own schema or type alone; what does not fit counts as not there. */
const passedOver: Readonly<Record<string, string>> = {
	'record clone': 'set-up is made again (node/worker/workspaces.ts)',
	'record checkout': 'set-up is made again (node/worker/gate-checkouts.ts)',
	'record pull': 'the pull request is looked for again (node/home/pull-requests.ts)',
	'record replica': 'the view is made again; a key that is none proves nothing (shared/replica)',
	'record met': 'only numbers are taken (shared/replica/replica-set.ts)',
	'record origin': 'its id has one parser (node/home/branch-sync.ts)',
	'record landing':
		'one of another shape is of an older version: nothing is checked again (node/home/landing-journal.ts)',
	'record salvaged': 'compared with what is there now; anything else is sent again (node/foreign/salvage-sender.ts)',
	'record registered': 'only `true` is taken (node/node-mesh.ts)',
};

/** Files that parse, whose input is covered elsewhere or is our own. */
const elsewhere: Readonly<Record<string, string>> = {
	'shared/log/canonical-json.ts': 'what every door that takes JSON goes through',
	'shared/documents/index-schemas.ts': 'read by index-records.ts, behind the index of a project',
	'shared/documents/read-index.ts': 'read by index-records.ts, behind the index of a project',
	'shared/store/table-check.ts': 'tables of LevelDB, which the crash tests flip and cut a thousand times',
	'shared/store/unsnappy.ts': 'tables of LevelDB, which the crash tests flip and cut a thousand times',
	'shared/ports/read-as.ts': 'what every schema of a door goes through',
	'shared/http/api-note.ts': 'its own note, removed only while it is its own',
	'gateway/cli/client.ts': 'answers of the node of the same person',
	'gateway/cli/agent-accounts.ts': 'names in a file that its own node wrote, or none',
	'gateway/cli/doctor-agents.ts': 'one field of a version that an agent prints, or nothing',
	'gateway/cli/doctor-login.ts': 'the last word of a program of the person on one request, or no proof',
	'gateway/cli/init-proposal.ts': 'settings that were just made',
	'gateway/cli/init-verify.ts': 'lines of a program of ours',
	'gateway/cli/plan.ts': 'a file of the person; its subtasks go through the operation item.plan',
	'gateway/cli/run-backup.ts': 'lines of a program of ours',
	'gateway/cli/run-join.ts': 'the answer of the own node',
	'gateway/cli/shown.ts': 'a file that cannot be read counts as nothing shown',
	'gateway/cli/start-process.ts': 'lines of a program of ours',
	'gateway/web/vite.config.ts': 'the note of the own gateway, while the board is worked on',
	'gateway/web/ui/app.ts': 'a copy of its own arguments',
	'node/tools/agent-desk.ts': 'a copy of its own arguments',
	'shared/ports/system/installation.ts': 'the package that it runs from',
	'shared/ports/system/program.ts': 'the package that it runs from',
	'gateway/builds/builds.ts': 'a file that cannot be read means that the build is made again',
	'node/compose-mesh.ts': 'a copy of its own arguments',
	'node/provision/serve.ts': 'a copy of its own answer',
	'shared/operations/container-operations.ts': 'a name that came through the operation project.rename',
	'node/home/landing-journal.ts': 'a record that is passed over, see above',
	'node/home/pull-requests.ts': 'a record that is passed over, see above',
	'node/worker/gate-checkouts.ts': 'a record that is passed over, see above',
	'node/worker/workspaces.ts': 'a record that is passed over, see above',
	'shared/replica/replica-set.ts': 'a record that is passed over, see above',
};

/** Protocols without a word in them. */
const wordless: Readonly<Record<string, string>> = {
	'/gangline/alive/1': 'streams that are opened and ended, see test/contract/network-hostile.test.ts',
};

describe('the doors', () => {
	it('have one for each protocol of the mesh', () => {
		expect(missing(meshProtocols)).toEqual([]);
		expect(missing(found(/'(\/gangline\/[a-z]+\/\d+)'/g), wordless)).toEqual([]);
	});

	it('have one for each question that nodes ask each other', () => {
		const described = sources.filter(
			({ path, text }) => /\bRpc(?:Method|Stream)\b/.test(text) && path.startsWith('shared/protocol/'),
		);
		const names = found(/\bname: '([a-z]+\.[a-zA-Z]+)'/g, described);
		expect(names.length).toBeGreaterThan(12);
		expect(missing(names.map((name) => `rpc ${name}`))).toEqual([]);
	});

	it('have one for each operation and each route', () => {
		expect(missing(operationNames.map((name) => `operation ${name}`))).toEqual([]);
		const routes = found(/\bapp\.(?:get|post|put|delete|patch|all)\(\s*'([^']+)'/g);
		expect(routes.length).toBeGreaterThan(4);
		expect(missing(routes.map((route) => `route ${route}`))).toEqual([]);
		const servers = sources.filter(({ text }) => /\bcreateServer\(\{|new WebSocketServer\(|\bFastify\(/.test(text));
		expect(missing(servers.map(({ path }) => path))).toEqual([]);
	});

	it('have one for each variable of the environment', () => {
		const readers = sources.filter(({ path }) => /(?:^|\/)(?:config|state-folder)\.ts$/.test(path));
		expect(missing(found(/\b(GANGLINE_[A-Z_]+)\b/g, readers))).toEqual([]);
	});

	it('have one for each kind of record', () => {
		const keepers = sources.filter(
			({ text }) => /kind: 'put'|\b[sS]tore\.(?:get|list|read)\(/.test(text) && !/import .* from 'yjs'/.test(text),
		);
		const kinds = found(/[`']([a-zA-Z]+)\/(?:\$\{[^}]+\}|[a-z]+\/?['`]|['`])/g, keepers);
		const known = [...covered].flatMap((one) => /^(?:record|stream) ([a-zA-Z]+)/.exec(one)?.[1] ?? []);
		const others = ['gangline', ...Object.keys(passedOver).map((one) => one.slice('record '.length))];
		const strange = [...new Set(kinds)].filter((kind) => !known.includes(kind) && !others.includes(kind)).sort();
		expect(kinds.length).toBeGreaterThan(15);
		expect(strange, 'add a kind to test/support/fuzz/store-doors.ts').toEqual([]);
	});

	it('have one for each file that parses', () => {
		const parsers = sources.filter(({ text }) =>
			/\.safeParse\(|\breadAs\(|\bJSON\.parse\(|\bparseJson\(|\bdecoding\.read|\bparse\(toml|readUInt/.test(text),
		);
		expect(parsers.length).toBeGreaterThan(40);
		expect(
			missing(
				parsers.map(({ path }) => path),
				elsewhere,
			),
			'give it a door, or say where it is covered',
		).toEqual([]);
	});
});
