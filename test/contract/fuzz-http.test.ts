/** Every route of node and gateway, the documents at the edge and the door of builds, over real sockets. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDoor } from '../../gateway/builds/door.ts';
import { serveDocuments } from '../../gateway/edge/index.ts';
import { closeCodes } from '../../gateway/edge/served-document.ts';
import { personTools } from '../../gateway/person-tools.ts';
import { createApi } from '../../shared/http/index.ts';
import { answerOperation } from '../../shared/operations/index.ts';
import { SimLog, SimRandom } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { type Door, inputsEach, knock, seedOf } from '../support/fuzz/door.ts';
import { edgeDoors } from '../support/fuzz/edge-doors.ts';
import { engineDoors } from '../support/fuzz/engine-doors.ts';
import {
	type Asked,
	boardCovers,
	boardDoor,
	buildCovers,
	nodeCovers,
	operationDoor,
	rawDoor,
	type Served,
	toolCovers,
	toolDoor,
} from '../support/fuzz/http-doors.ts';
import { watchResources } from '../support/fuzz/resources.ts';
import { type GatewayWorld, gatewayWorld } from '../support/gateway-world.ts';
import { tinyHome } from '../support/tiny-home.ts';
import { servedBoard } from '../unit/board/served-board.ts';

const seed = seedOf();
const each = inputsEach(150, 3_000);
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
	for (const close of closing.reverse()) await close();
});

const token = 't'.repeat(40);
const clock = new SystemClock();

/** The API that node and gateway share, with a home behind it that remembers, and documents beside it. */
async function serveNode(): Promise<Served> {
	const log = new SimLog();
	const home = tinyHome();
	const api = createApi({
		...{ ...home, token, person: 'ada', version: '0.1.0', log, clock },
		tools: (_token, caller) => caller && personTools(caller, (asked) => answerOperation(home, asked)),
	});
	const documents = serveDocuments({
		wrongOrigin: ({ headers }) => (headers.origin === undefined ? null : 'a page of another site asks'),
		callerOf: async () => null,
		open: async () => ({ kind: 'refused', refusal: { code: closeCodes.unknownDocument, reason: 'there is none' } }),
		...{ clock, log },
	});
	documents.attach(api.server);
	const { url } = await api.listen({ port: 0 });
	closing.push(
		() => api.stop(),
		() => documents.stop(),
	);
	const state = (): string => JSON.stringify(home.projects);
	return { name: 'a node', url, token, log, covers: nodeCovers, spared: [], state };
}

/** The door of builds, open, with one build. */
async function serveBuilds(): Promise<Served> {
	const log = new SimLog();
	const folder = mkdtempSync(join(tmpdir(), 'gangline-fuzz-'));
	writeFileSync(join(folder, `${'ab'.repeat(32)}.tgz`), 'a build');
	const door = await openDoor({ folder, addresses: [{ host: '127.0.0.1', port: 0 }], log, isOpen: () => true });
	closing.push(async () => {
		await door.close();
		rmSync(folder, { recursive: true });
	});
	return {
		name: 'the door of builds',
		url: door.urls[0] ?? '',
		token,
		log,
		covers: buildCovers,
		spared: [],
	};
}

/** The board in the clear at an address of this machine, and a code for each login. */
async function serveBoard(): Promise<{ readonly served: Served; readonly door: Door<Asked> }> {
	const { board, port, log, clock: ofBoard, [Symbol.asyncDispose]: stop } = await servedBoard();
	closing.push(async () => stop());
	await board.change({ publicUrl: null, behindProxy: true, lan: ['127.0.0.2'] });
	const url = `http://127.0.0.2:${port}`;
	const served: Served = { name: 'a board nearby', url, token, log, covers: boardCovers, spared: [] };
	const random = new SimRandom('codes');
	const door = boardDoor(served, () => board.codes.make({ person: 'ann', on: 'phone' }, 10, random));
	return {
		served,
		door: {
			...door,
			// Who has tried too often waits; here that has passed before each.
			feed: async (input) => {
				await ofBoard.advance(60 * 60_000);
				await door.feed(input);
			},
		},
	};
}

const [node, builds, board] = [await serveNode(), await serveBuilds(), await serveBoard()];
const sockets = mkdtempSync(join(tmpdir(), 'gangline-fuzz-'));
closing.push(async () => rmSync(sockets, { recursive: true }));
const doors: readonly Door[] = [
	...[...(await edgeDoors()), operationDoor(node), toolDoor({ ...node, covers: toolCovers })],
	...[rawDoor(node), rawDoor(builds)],
	...[rawDoor(board.served), board.door, ...engineDoors(sockets)],
] as readonly Door[];

const filesOpen = (): number => readdirSync('/proc/self/fd').length;

const watched = watchResources();

describe(`who speaks HTTP, seed ${seed}`, () => {
	for (const door of doors) {
		it(`is answered or refused: ${door.name}`, async () => {
			const before = filesOpen();
			const knocked = await knock(door, { seed, inputs: each * (door.weight ?? 1) });
			if (process.env.GANGLINE_FUZZ_SHOW) console.log(JSON.stringify(knocked));
			await door.close?.();
			// A few that are about to close say nothing; one for each input, or for one in ten, would.
			await expect.poll(filesOpen, { timeout: 60_000 }).toBeLessThanOrEqual(before + 20);
		}, 300_000);
	}

	it('is answered or refused by a gateway that runs', async () => {
		await using world: GatewayWorld = await gatewayWorld();
		await world.start();
		const { url, token: own } = world.note();
		const spared = ['gateway.stop', 'gateway.backup', 'node.stop', 'gateway.listen'] as never[];
		const door = operationDoor({ name: 'a gateway', url, token: own, log: null, covers: [], spared });
		const knocked = await knock(door, { seed, inputs: each });
		if (process.env.GANGLINE_FUZZ_SHOW) console.log(JSON.stringify(knocked));
		await door.close?.();
		expect(world.log()).not.toMatch(/api\.failed|"level":"error"/);
		expect(await world.ask('gateway.status', {})).toBeTruthy();
	});

	it('leave neither memory nor open files behind', () => watched.expectBounded());
});
