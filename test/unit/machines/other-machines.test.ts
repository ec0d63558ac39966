/** Projects in containers on other machines, over the real words between gateway and machine. */
import { describe, expect, it } from 'vitest';
import type { Args } from '../../../shared/operations/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { settle } from '../../../shared/ports/sim/index.ts';
import { provisionMethod, provisionSleep, provisionSteps } from '../../../shared/protocol/provision.ts';
import { revoke } from '../../../shared/registry/index.ts';
import { ada, appId, builderId, farMachine, gatewayId, hostKey, plainId } from '../../support/far-machine.ts';
import { shop } from '../../support/registry-facts.ts';

const wish = { name: 'app', on: 'builder', retry: false } as const;
const refusal = (code: string, message: RegExp) =>
	expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('a project on another machine', () => {
	it('is begun there with a one-time token of its own', async () => {
		await using world = await farMachine();
		const { container, answer } = await world.finish(world.machines.create({ ...wish, stack: 'node' }, ada));
		expect(answer).toBe('app is being made, on builder');
		expect(container).toMatchObject({ name: 'app', on: { node: builderId, name: 'builder' }, state: 'making' });
		const args = { name: 'app', stack: 'node', retry: false };
		expect(world.far.asked).toEqual([{ name: 'container.create', args, person: 'ada' }]);
		expect(world.far.given.get('app')).toMatch(/^gl1_secret-1/);
		expect(container.ssh).toMatchObject({ hostKey, alias: 'gangline-app' });
	});

	it('is refused before anything is kept, where nobody could make it', async () => {
		await using world = await farMachine();
		const made = (more: object) => world.finish(world.machines.create({ ...wish, ...more }, ada));
		await expect(made({ on: 'nobody' })).rejects.toEqual(refusal('UNKNOWN_NODE', /no member .* "nobody"/));
		await expect(made({ on: 'plain' })).rejects.toEqual(
			refusal('REFUSED', /plain joined without the duty `provision`/),
		);
		await expect(made({ name: 'taken' })).rejects.toEqual(refusal('REFUSED', /is called taken already/));
		world.gateway.cutOff(builderId, 'gone');
		await settle();
		await expect(made({})).rejects.toEqual(refusal('PEER_GONE', /the machine builder is not connected/));
		expect(world.machines.all()).toEqual([]);
		expect(world.tokens.made).toBe(0);
	});

	it('is forgotten, with its token, when its machine refuses it', async () => {
		await using world = await farMachine();
		world.far.refuse = () => {
			throw ganglineError('REFUSED', '/srv/app is the source of another already');
		};
		await expect(world.finish(world.machines.create(wish, ada))).rejects.toEqual(refusal('REFUSED', /another already/));
		expect(world.machines.all()).toEqual([]);
		expect(world.tokens.forgotten).toEqual(['t1']);
	});

	it('is gone on with after a kill, whether its machine had heard of it or not', async () => {
		await using world = await farMachine();
		world.far.refuse = () => {
			throw ganglineError('ENGINE_FAILED', 'the line was cut');
		};
		await expect(
			world.finish(world.machines.create({ ...wish, git: 'https://example.org/a.git' }, ada)),
		).rejects.toThrow();
		world.far.refuse = () => undefined;
		const next = await world.open();
		const seen = await world.finish(next.ask('container.show', { name: 'app' }, ada));
		expect(seen.container).toMatchObject({ state: 'failed', next: ['gangline new app --retry'] });
		await expect(world.finish(next.create(wish, ada))).rejects.toEqual(
			refusal('REFUSED', /app is there already, on builder/),
		);
		const again = { name: 'app', retry: true, stack: 'go' };
		await world.finish(next.create(again, ada));
		const mended = { name: 'app', git: 'https://example.org/a.git', stack: 'go' };
		expect(world.far.asked.at(-1)?.args).toEqual({ ...mended, retry: false });
		world.far.change('app', { state: 'failed' });
		await world.finish(next.create(again, ada));
		expect(world.far.asked.at(-1)?.args).toEqual({ ...mended, retry: true });
	});

	it('is there once, or not at all, when it gets another name or is removed while a token is made for it', async () => {
		await using world = await farMachine();
		const { machines, tokens, finish, far } = world;
		await finish(machines.create(wish, ada));
		far.change('app', { state: 'failed' });
		const rebuilt = async (name: string) => {
			const asked = machines.ask('container.rebuild', { name } as Args<'container.rebuild'>, ada);
			await finish(asked.catch(() => undefined));
		};
		tokens.during = async () => void (await machines.rename('app', 'shop'));
		await rebuilt('app');
		expect(machines.all().map(({ name, token }) => ({ name, token }))).toEqual([{ name: 'shop', token: 't2' }]);
		tokens.during = async () => {
			await machines.remove({ name: 'shop', confirm: 'shop', purge: false } as Args<'container.remove'>, ada);
		};
		await rebuilt('shop');
		expect(machines.all()).toEqual([]);
		expect(tokens.forgotten).toContain('t3');
	});

	it('keeps its token while its making goes on without the gateway', async () => {
		await using world = await farMachine();
		await world.finish(world.machines.create(wish, ada));
		const next = await world.open();
		const again = await world.finish(next.create({ name: 'app', retry: true }, ada));
		expect(again).toMatchObject({ container: { state: 'making' }, answer: 'app is being made, on builder' });
		await expect(world.finish(next.ask('container.rebuild', { name: 'app' }, ada))).rejects.toEqual(
			refusal('REFUSED', /is being made right now/),
		);
		expect([world.tokens.made, world.far.asked.length]).toEqual([1, 1]);
	});

	it('is shown as it was last while its machine is away, and connected while its own node is', async () => {
		await using world = await farMachine();
		const { machines, far, finish } = world;
		await finish(machines.create(wish, ada));
		far.change('app', { state: 'running', project: shop, words: 'it runs' });
		await finish(machines.ask('container.show', { name: 'app' }, ada));
		expect(world.tokens.forgotten).toEqual(['t1']);
		expect(machines.nameOf(shop)).toBe('app');
		world.gateway.cutOff(builderId, 'gone');
		await settle();
		const next = await world.open();
		const [away] = await finish(next.list(ada));
		expect(away).toMatchObject({
			state: 'gone',
			project: shop,
			words: expect.stringMatching(/its machine builder is away/),
		});
		await expect(finish(next.ask('container.start', { name: 'app' }, ada))).rejects.toEqual(
			refusal('PEER_GONE', /builder is not connected/),
		);
	});

	it('tells each change as it comes, and that its machine is gone', async () => {
		await using world = await farMachine();
		await world.finish(world.machines.create(wish, ada));
		using _ = world.follow();
		await world.finish(world.clock.advance(50));
		world.feed.publish(world.far.change('app', { words: 'image: building' }));
		await world.finish(world.clock.advance(50));
		expect(world.told.at(-1)).toMatchObject({ name: 'app', words: 'image: building', on: { name: 'builder' } });
		const before = world.told.length;
		await world.finish(world.machines.list(ada));
		expect(world.told.length).toBe(before);
		world.gateway.cutOff(builderId, 'gone');
		await settle();
		expect(world.told.at(-1)).toMatchObject({ state: 'gone', words: expect.stringMatching(/builder is away/) });
	});

	it('sleeps, says who is logged in, and wakes', async () => {
		await using world = await farMachine();
		const { machines, far, finish } = world;
		await finish(machines.create(wish, ada));
		far.change('app', { state: 'running', project: shop });
		expect(await finish(machines.logins('app'))).toBe(2);
		expect(await finish(machines.sleep('app'))).toMatchObject({ asleep: true, state: 'stopped' });
		const waking = machines.wakeProject(shop);
		await settle();
		expect(await finish(waking)).toBe(false);
		expect(far.asked.at(-1)?.name).toBe('container.start');
	});

	it('is called something else, though the answer was lost the first time', async () => {
		await using world = await farMachine();
		const { machines, far, finish } = world;
		await finish(machines.create(wish, ada));
		far.views.set('shop', { ...far.get('app'), name: 'shop' });
		far.views.delete('app');
		expect(await finish(machines.rename('app', 'shop'))).toMatchObject({
			name: 'shop',
			ssh: { alias: 'gangline-app' },
		});
		expect((await world.open()).all().map(({ name, madeAs }) => [name, madeAs])).toEqual([['shop', 'app']]);
	});

	it('is removed there, and forgotten here when its machine has nothing of it or is no member any more', async () => {
		await using world = await farMachine();
		const { machines, finish, far } = world;
		const remove = { name: 'app', confirm: 'app', purge: false };
		await finish(machines.create(wish, ada));
		await expect(finish(machines.remove({ ...remove, confirm: 'ap' }, ada))).rejects.toThrow(/nothing was removed/);
		expect(world.mesh.facts.projects[shop]).toBeDefined();
		const removed = await finish(machines.remove(remove, ada));
		expect(removed.gone).toEqual(['its container, on builder', 'its node app, in the mesh']);
		expect(removed.stays).toEqual(['its source, on builder']);
		expect([world.mesh.facts.projects[shop], world.mesh.facts.nodes[appId]]).toEqual([undefined, undefined]);
		await finish(machines.create(wish, ada));
		far.views.clear();
		expect(await finish(machines.remove(remove, ada))).toMatchObject({
			answer: 'app is gone: builder has nothing of it',
		});
		await finish(machines.create(wish, ada));
		world.mesh.facts = revoke(world.mesh.facts, builderId, 9);
		await expect(finish(machines.ask('container.start', { name: 'app' }, ada))).rejects.toEqual(
			refusal('REFUSED', /may make no containers any more/),
		);
		expect(await finish(machines.remove(remove, ada))).toMatchObject({ stays: ['all that builder has of it'] });
		expect(machines.all()).toEqual([]);
	});
});

describe('[I13] a machine that makes containers', () => {
	const question = { operation: 'container.list', args: {}, person: 'ada', token: null } as const;

	it('hears nobody but the gateway, and does nothing without the duty', async () => {
		await using world = await farMachine();
		const { rpcs, finish } = world;
		const byPlain = rpcs.plain.ask(builderId, provisionMethod, {
			...question,
			operation: 'container.create',
			args: { ...wish },
		});
		await expect(finish(byPlain)).rejects.toEqual(refusal('FORBIDDEN', /is not the gateway/));
		await expect(finish(rpcs.plain.ask(builderId, provisionSleep, { name: 'app' }))).rejects.toEqual(
			refusal('FORBIDDEN', /is not the gateway/),
		);
		const steps = (async () => {
			for await (const _ of rpcs.plain.askStream(builderId, provisionSteps, {})) return 'told';
			return 'ended';
		})();
		await expect(finish(steps)).rejects.toEqual(refusal('FORBIDDEN', /is not the gateway/));
		await expect(finish(rpcs.gateway.ask(plainId, provisionMethod, question))).rejects.toEqual(
			refusal('FORBIDDEN', /plain joined without the duty `provision`/),
		);
		expect(world.far.asked).toEqual([]);
		world.mesh.facts = revoke(world.mesh.facts, builderId, 9);
		await expect(finish(rpcs.gateway.ask(builderId, provisionMethod, question))).rejects.toThrow(/without the duty/);
	});

	it('takes names of operations alone, for people whom the registry has, as far as they may', async () => {
		await using world = await farMachine();
		const { rpcs, finish, far } = world;
		const ask = (more: object) => finish(rpcs.gateway.ask(builderId, provisionMethod, { ...question, ...more }));
		await expect(ask({ operation: 'secret.set' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		await expect(ask({ person: 'mallory' })).rejects.toEqual(refusal('FORBIDDEN', /may not ask for "mallory"/));
		await expect(ask({ operation: 'container.create', args: { ...wish }, person: 'bob' })).rejects.toEqual(
			refusal('FORBIDDEN', /bob has member/),
		);
		const raw = { name: 'app', HostConfig: { Binds: ['/:/host'] } };
		await expect(ask({ operation: 'container.create', args: raw })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		expect(far.asked).toEqual([]);
	});

	it('speaks of its own containers alone, and of no project of others', async () => {
		await using world = await farMachine();
		const { machines, far, finish } = world;
		await finish(machines.create(wish, ada));
		const view = far.get('app');
		await machines.there.heardFrom(plainId, { ...view, words: 'mine' });
		await machines.there.heardFrom(builderId, { ...view, name: 'other' });
		expect(world.told).toEqual([]);
		world.mesh.facts = {
			...world.mesh.facts,
			nodes: { ...world.mesh.facts.nodes, [appId]: { ...world.mesh.facts.nodes[appId], labels: [] } as never },
		};
		await machines.there.heardFrom(builderId, { ...view, project: shop });
		expect([world.told.at(-1)?.project, machines.nameOf(shop)]).toEqual([null, null]);
	});

	it('puts nothing into the settings of ssh but one word each', async () => {
		await using world = await farMachine();
		const { machines, far, finish } = world;
		await finish(machines.create(wish, ada));
		const { ssh } = far.get('app');
		for (const bad of [
			{ user: 'ada\n\tProxyCommand evil' },
			{ hostKey: `${hostKey}\n* ${hostKey}` },
			{ port: 0 },
			{ alias: 'a b' },
		]) {
			far.change('app', { ssh: { ...ssh, ...bad } });
			await expect(finish(machines.ask('container.show', { name: 'app' }, ada))).rejects.toMatchObject({
				code: 'MALFORMED',
			});
		}
	});

	it('writes no credential into a log, here or there', async () => {
		await using world = await farMachine();
		const { machines, finish, far } = world;
		await finish(machines.create(wish, ada));
		const token = 'ghp_0123456789abcdefghij';
		await finish(machines.ask('container.gitToken', { name: 'app', token, user: 'x-access-token' }, ada));
		expect(far.asked.at(-1)?.args).toMatchObject({ token });
		far.refuse = () => {
			throw ganglineError('REFUSED', 'no');
		};
		await finish(machines.ask('container.gitToken', { name: 'app', token, user: 'x' }, ada)).catch(() => undefined);
		const said = JSON.stringify(world.log.lines);
		expect(said).toContain('container.begunThere');
		expect(said).not.toMatch(/ghp_|gl1_secret|PRIVATE KEY/);
		expect(gatewayId).toBeTruthy();
	});
});
