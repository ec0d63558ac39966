/**
 * A machine with a gateway and a home as processes of their own, a witness that is a member in good faith and sees what
 * every replica sees, and hostile members let in one by one. What the processes hold is compared before and after each
 * attack: by what they say to the witness, by git, by their logs and by the kernel.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { RegistryDocument } from '../../shared/documents/index.ts';
import { fromBase64 } from '../../shared/log/index.ts';
import { type Joined, joinMesh, parseToken } from '../../shared/mesh/join/index.ts';
import type { MessageOf } from '../../shared/mesh/sync/wire.ts';
import type { Board, CallName, Input, Result } from '../../shared/operations/index.ts';
import type { PeerAddress } from '../../shared/ports/index.ts';
import { openSimStore } from '../../shared/ports/sim/index.ts';
import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import { type ApiFile, apiFileSchema } from '../../shared/project/api-file.ts';
import { findNode } from '../../shared/registry/index.ts';
import { boardOf } from './board.ts';
import { eventually } from './gateway-world.ts';
import { HostileMember, identityBelow } from './hostile-member.ts';
import { makeWorld, type World } from './world.ts';

/** As what an attacker has joined; a stranger has not. */
export type Standing = 'stranger' | 'worker' | 'viewer' | 'member' | 'owner';
export type Victim = 'gateway' | 'home';

/** What must not change. */
export interface Held {
	readonly index: string;
	readonly logs: string;
	readonly texts: string;
	readonly registry: string;
	readonly main: string;
	readonly items: string;
}

const persons: Readonly<Partial<Record<Standing, string>>> = { viewer: 'vera', member: 'bob', owner: 'ada' };

export class HostileWorld implements AsyncDisposable {
	readonly world: World;
	readonly shop: string;
	readonly gateway: PeerAddress;
	readonly home: PeerAddress;
	readonly project: string;
	readonly mesh: string;
	/** An item that is held back, with a text. */
	readonly item: string;
	/** Two machines have joined with it, which is all that it was good for. */
	readonly usedToken: string;
	readonly memoryBefore: Readonly<Record<Victim, number>>;
	readonly #witness: HostileMember;
	readonly #members: HostileMember[] = [];
	#names = 0;

	static async open(): Promise<HostileWorld> {
		const world = makeWorld({ GANGLINE_NAME: 'desk', USER: 'ada' });
		const shop = world.repository('shop', { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ntest -s a.txt\n' });
		const choices = ['--review', 'server', '--landing', 'local', '--gate', 'check=./check.sh'];
		await world.ok(shop, 'init', '--yes', '--no-input', ...choices);
		await world.ok(shop, 'start');
		await world.ok(shop, 'gateway', 'start');
		await world.ok(shop, 'add', 'Held back', '--hold');
		for (const [id, access] of [
			['bob', 'member'],
			['vera', 'viewer'],
		] as const) {
			await ask(world, 'person.add', { id, access });
		}
		const { token } = await ask(world, 'token.create', { build: false, person: 'bob', duties: [], uses: 2 });
		const { gateway, mesh } = parseToken(token);
		await using scout = await HostileMember.open(identityBelow([gateway.node]));
		const home = await homeIn(mesh, gateway, (await joinAs(scout, token, 'scout')).registry);
		const witness = await HostileMember.open(identityBelow([gateway.node, home.node]));
		await joinAs(witness, token, 'witness');
		const board = await boardOf(world.state, shop);
		const [project, item] = [board.project.id, board.items[0]?.key ?? ''];
		const opened = new HostileWorld({ world, shop, gateway, home, project, item, mesh, usedToken: token, witness });
		await opened.#readText();
		return opened;
	}

	private constructor(parts: {
		world: World;
		shop: string;
		gateway: PeerAddress;
		home: PeerAddress;
		project: string;
		item: string;
		mesh: string;
		usedToken: string;
		witness: HostileMember;
	}) {
		this.world = parts.world;
		this.shop = parts.shop;
		this.gateway = parts.gateway;
		this.home = parts.home;
		this.project = parts.project;
		this.item = parts.item;
		this.mesh = parts.mesh;
		this.usedToken = parts.usedToken;
		this.#witness = parts.witness;
		this.memoryBefore = { home: this.memory('home'), gateway: this.memory('gateway') };
	}

	get registryName(): string {
		return `doc/${this.mesh}/registry/1`;
	}

	get textName(): string {
		return `doc/${this.project}/text/${this.item}`;
	}

	at(victim: Victim): PeerAddress {
		return victim === 'home' ? this.home : this.gateway;
	}

	note(victim: Victim): ApiFile {
		return noteOf(this.world, victim);
	}

	ask<Name extends CallName>(name: Name, input: Input<Name>): Promise<Result<Name>> {
		return ask(this.world, name, input);
	}

	board(): Promise<Board> {
		return boardOf(this.world.state, this.shop);
	}

	/** A hostile program; it has joined unless it is a stranger. */
	async enter(as: Standing): Promise<HostileMember> {
		const member = await HostileMember.open(identityBelow([this.gateway.node, this.home.node]));
		this.#members.push(member);
		if (as === 'stranger') return member;
		const duties: Input<'token.create'>['duties'] = as === 'worker' ? ['work'] : [];
		const { token } = await this.ask('token.create', { build: false, duties, person: persons[as] ?? null });
		await joinAs(member, token, `eve${this.#names++}`);
		// It has left the gateway as a joiner, and comes back as a member.
		return member;
	}

	/** A text is there from the first time that it is asked for. */
	async #readText(): Promise<void> {
		for (const to of [this.home, this.gateway]) {
			const line = await this.#witness.sync(to);
			await line.say({ k: 'ask', document: this.textName }, Uint8Array.of(0));
			await line.isTaken();
			line.end();
		}
	}

	/** The witness asks both anew: who still answers it has not been stopped by anyone. */
	async look(): Promise<Held> {
		const home = await this.#witness.sync(this.home);
		const { message } = await home.hears('project');
		const gateway = await this.#witness.sync(this.gateway);
		const said = await gateway.hears(
			'state',
			(one) => (one.message as MessageOf<'state'>).document === this.registryName,
		);
		const { index, logs, texts } = message as MessageOf<'project'>;
		for (const line of [home, gateway]) line.end();
		const { items } = await this.board();
		return {
			...{ index, logs, texts },
			registry: (said.message as MessageOf<'state'>).digest,
			main: this.main(),
			items: JSON.stringify(items.map(({ key, number, title, stage }) => [key, number, title, stage])),
		};
	}

	main(): string {
		const canonical = join(this.world.state, 'projects', this.project, 'canonical.git');
		return this.world.git(this.shop, '--git-dir', canonical, 'rev-parse', 'refs/heads/main');
	}

	/** How many bytes a process has in memory. */
	memory(victim: Victim): number {
		const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.note(victim).pid}/status`, 'utf8'))?.[1];
		return Number(kib) * 1024;
	}

	/** Lines of a log since `from` characters that name `node` as the one who did it. */
	named(victim: Victim, node: string, from: number): readonly string[] {
		const lines = this.log(victim).slice(from).split('\n');
		return lines.filter((line) => line.includes(`"peer":"${node}"`) || line.includes(`"node":"${node}"`));
	}

	log(victim: Victim): string {
		return readFileSync(join(this.world.state, victim === 'home' ? 'node.log' : 'gateway/gateway.log'), 'utf8');
	}

	/** An item of good faith, from the first word to main. */
	async landOne(title: string): Promise<void> {
		const script = `echo ${title} > ${title}.txt`;
		await this.world.ok(this.shop, 'add', title, '--run', script);
		const isDone = ({ items }: Board): boolean => items.some((item) => item.title === title && item.stage === 'done');
		const board = await this.world.untilBoard(this.shop, isDone, 60);
		expect(board.project.trouble ?? null).toBe(null);
	}

	async leave(member: HostileMember): Promise<void> {
		await member[Symbol.asyncDispose]();
		this.#members.splice(this.#members.indexOf(member), 1);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const member of [...this.#members, this.#witness]) await member[Symbol.asyncDispose]();
		await this.world[Symbol.asyncDispose]();
	}
}

/** Joins with a token and says what it is called. */
async function joinAs(member: HostileMember, text: string, hostName: string): Promise<Joined> {
	const { network } = member;
	const token = parseToken(text);
	const joined = await joinMesh({
		...{ network, token, hostName, wish: {}, addresses: [] },
		clock: new SystemClock(),
		version: '0.1.0',
	});
	network.cutOff(token.gateway.node, 'it has joined');
	await eventually(() => network.links().length === 0, 'the link to go');
	return joined;
}

/** The home, as the registry that the gateway signed has it. */
async function homeIn(mesh: string, gateway: PeerAddress, registry: Uint8Array): Promise<PeerAddress> {
	const store = await openSimStore();
	const random = new SystemRandom();
	const document = await RegistryDocument.open({ store, mesh, random, gatewayKey: gateway.publicKey });
	await document.apply(registry, gateway.node);
	const home = findNode(document.facts, 'desk');
	if (!home) throw new Error('the home is no member');
	return { node: home.id, publicKey: new Uint8Array(fromBase64(home.publicKey)), addresses: home.addresses };
}

function noteOf({ state }: World, victim: Victim): ApiFile {
	const path = join(state, victim === 'home' ? 'api.json' : 'gateway/api.json');
	return apiFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

async function ask<Name extends CallName>(world: World, name: Name, input: Input<Name>): Promise<Result<Name>> {
	const { url, token } = noteOf(world, 'gateway');
	const response = await fetch(`${url}/v1/${name}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify(input),
	});
	const text = await response.text();
	if (!response.ok) throw new Error(`${name} was refused: ${text}`);
	return JSON.parse(text) as Result<Name>;
}
