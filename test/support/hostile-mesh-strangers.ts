/** Attacks of those who are no members: without a token, with a wrong one, from a web page; and of one who was a member. */
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { closeCodes } from '../../gateway/edge/served-document.ts';
import { joinMesh, parseToken } from '../../shared/mesh/join/index.ts';
import type { MeshProtocol } from '../../shared/ports/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { eventually } from './gateway-world.ts';
import type { HostileMember } from './hostile-member.ts';
import type { MeshAttack, Scene } from './hostile-mesh.ts';
import type { Victim } from './hostile-mesh-world.ts';

const clock = new SystemClock();
const nothing = { leaves: 'nothing', named: [] } as const;
const processes: readonly Victim[] = ['gateway', 'home'];

/** How many frames come back for these. */
async function answers(eve: HostileMember, { world }: Scene, to: Victim, protocol: MeshProtocol): Promise<number> {
	const { node } = world.at(to);
	await eve.network.dial(world.at(to)).catch(() => {});
	try {
		const channel = await eve.network.open(node, protocol);
		await channel.send(Buffer.from('{"v":1}'));
		let heard = 0;
		for await (const _ of channel.frames()) heard += 1;
		return heard;
	} catch {
		return 0;
	}
}

async function joinWith({ world, eve }: Scene, secret: (made: string) => Promise<Uint8Array>): Promise<unknown> {
	const { token } = await world.ask('token.create', { build: false });
	const parsed = parseToken(token);
	const wrong = { ...parsed, secret: await secret(token) };
	const { network } = eve;
	return joinMesh({ ...{ network, clock, hostName: 'eve', wish: {}, addresses: [] }, token: wrong, version: '0.1.0' });
}

/** What becomes of a WebSocket: the status or code it is refused with, or `read` where it is told anything. */
function outcomeOf(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
	return new Promise((resolve) => {
		const socket = new WebSocket(url, { headers });
		socket.on('unexpected-response', (_request, response) => {
			resolve(`${response.statusCode}`);
			socket.terminate();
		});
		socket.on('message', () => {
			resolve('read');
			socket.terminate();
		});
		socket.on('close', (code) => resolve(`${code}`));
		socket.on('error', () => {});
	});
}

export const strangerAttacks: readonly MeshAttack[] = [
	{
		name: 'stranger',
		who: 'a stranger',
		what: 'sync, rpc and pack at the gateway and at a home, whether or not a token is open',
		outcome: 'hears nothing at all',
		proof: {
			...{ ...nothing, kind: 'here', as: ['stranger'] },
			async run(scene) {
				const { eve, world } = scene;
				await world.ask('token.create', { build: false });
				for (const to of processes) {
					for (const protocol of ['/gangline/sync/1', '/gangline/rpc/1', '/gangline/pack/1'] as const) {
						expect(await answers(eve, scene, to, protocol)).toBe(0);
					}
				}
			},
		},
	},
	{
		name: 'large',
		who: 'a stranger',
		what: 'joins with a megabyte instead of a token, or with text that is none',
		outcome: 'the connection ends at the first 64 KiB, and without an answer',
		proof: {
			...{ ...nothing, kind: 'here', as: ['stranger', 'stranger', 'stranger'] },
			async run({ members, world }) {
				const said = [Buffer.alloc(1_000_000, '['), Buffer.from('{"v":1,"__proto__":{"mesh":1}}'), Buffer.alloc(0)];
				await Promise.all(
					members.map(async (eve, i) => {
						await eve.connect(world.gateway);
						const channel = await eve.network.open(world.gateway.node, '/gangline/join/1');
						await channel.send(said[i] ?? Buffer.alloc(0)).catch(() => {});
						const frames: Uint8Array[] = [];
						try {
							for await (const frame of channel.frames()) frames.push(frame);
						} catch {
							// It was ended.
						}
						expect(frames).toEqual([]);
					}),
				);
			},
		},
	},
	{
		name: 'slow',
		who: 'a stranger',
		what: 'begins to join and says nothing more',
		outcome: 'the connection ends after 10 s',
		proof: {
			...{ ...nothing, kind: 'here', as: ['stranger'], isLong: true },
			async run({ eve, world }) {
				await eve.connect(world.gateway);
				const channel = await eve.network.open(world.gateway.node, '/gangline/join/1');
				const began = performance.now();
				await eventually(() => !eve.isLinked(world.gateway), 'the link to go', 15);
				expect(performance.now() - began).toBeLessThan(12_000);
				channel.abort('over');
			},
		},
	},
	{
		name: 'guessed',
		who: 'a stranger',
		what: 'a token that it guessed',
		outcome: 'is refused as wrong; after 20 wrong ones in a minute nobody who guesses is answered',
		proof: {
			...{ kind: 'here', as: ['stranger'], leaves: 'nothing', named: [{ by: 'gateway', event: 'join.refused' }] },
			async run(scene) {
				const joining = joinWith(scene, async () => new Uint8Array(16).fill(7));
				await expect(joining).rejects.toMatchObject({ code: 'JOIN_REFUSED', data: { reason: 'wrong' } });
			},
		},
	},
	{
		name: 'used',
		who: 'a stranger',
		what: 'a token that another machine has joined with',
		outcome: 'is refused as used',
		proof: {
			...{ kind: 'here', as: ['stranger', 'stranger'], leaves: 'nothing' },
			named: [{ by: 'gateway', event: 'join.refused' }],
			async run({ world, members }) {
				const tokens = (await world.ask('token.list', {})).tokens;
				expect(tokens.some(({ state }) => state === 'used')).toBe(true);
				for (const eve of members) {
					const joining = joinWith({ world, members, eve }, async () => parseToken(world.usedToken).secret);
					await expect(joining).rejects.toMatchObject({ code: 'JOIN_REFUSED', data: { reason: 'used' } });
				}
			},
		},
	},
	{
		name: 'page',
		who: 'a web page in your browser',
		what: 'the API, with the token or without, under another Origin or Host',
		outcome: 'is answered 403; without a token 401',
		proof: {
			...{ ...nothing, kind: 'here', as: [] },
			async run({ world }) {
				for (const victim of processes) {
					const { url, token } = world.note(victim);
					const known = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
					const table: readonly [Record<string, string>, number][] = [
						[{ ...known, origin: 'http://evil.example' }, 403],
						[{ ...known, origin: 'null' }, 403],
						[{ ...known, 'sec-fetch-site': 'cross-site' }, 403],
						[{ 'content-type': 'application/json' }, 401],
						[{ ...known, authorization: `Bearer ${'0'.repeat(64)}` }, 401],
					];
					for (const [headers, status] of table) {
						const response = await fetch(`${url}/v1/node.status`, { method: 'POST', headers, body: '{}' });
						expect([victim, headers.origin, response.status]).toEqual([victim, headers.origin, status]);
					}
				}
			},
		},
	},
	{
		name: 'socket',
		who: 'a web page in your browser',
		what: 'a WebSocket to `/sync` of the gateway, under another Origin or Host, or without a token',
		outcome: 'is refused before anything is read',
		proof: {
			...{ ...nothing, kind: 'here', as: [] },
			async run({ world }) {
				const { url, token } = world.note('gateway');
				const sync = `${url.replace('http', 'ws')}/sync/${world.project}/text/${world.item}`;
				const authorization = `Bearer ${token}`;
				expect(await outcomeOf(sync, { authorization })).toBe('read');
				expect(await outcomeOf(sync, { authorization, origin: 'http://evil.example' })).toBe('403');
				expect(await outcomeOf(sync, { authorization, host: 'evil.example' })).toBe('403');
				expect(await outcomeOf(sync, {})).toBe(`${closeCodes.unauthenticated}`);
			},
		},
	},
	{
		name: 'revoked',
		who: 'a revoked node',
		what: 'goes on: with what it has open, and by coming back',
		outcome: 'is cut off everywhere within a second of the news, and is let in nowhere again',
		proof: {
			...{ kind: 'here', as: ['member'], leaves: 'a revoked node', named: [] },
			async run({ eve, world }) {
				const line = await eve.sync(world.home);
				await eve.connect(world.gateway);
				await line.hears('project');
				const { nodes } = await world.ask('node.list', {});
				const { name = '' } = nodes.find(({ id }) => id === eve.id) ?? {};
				await world.ask('node.revoke', { node: name });
				const news = performance.now();
				await eventually(() => eve.network.links().length === 0, 'the links to go');
				expect(performance.now() - news).toBeLessThan(1_000);
				await eventually(() => line.isOver, 'the channel to end');
				for (const to of processes) {
					await eve.network.dial(world.at(to)).catch(() => {});
					expect(await answers(eve, { eve, world, members: [eve] }, to, '/gangline/sync/1')).toBe(0);
				}
			},
		},
	},
];
