/** An engine that answers nonsense, dies in the middle, or fails at a build: each question ends once, in words. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { dockerProvisioner } from '../../../shared/provision/docker-provisioner.ts';
import { imageLabel, nameLabel, ownerLabel, type Provisioner } from '../../../shared/provision/provisioner.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0)) await close();
});

async function engineThat(answer: (url: string, response: ServerResponse) => void): Promise<Provisioner> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-engine-'));
	const path = join(folder, 's');
	const server = createServer((request, response) => {
		request.resume().on('end', () => answer(request.url ?? '', response));
	});
	await new Promise<void>((resolve) => server.listen(path, resolve));
	closing.push(async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
		rmSync(folder, { recursive: true });
	});
	return dockerProvisioner({ host: `unix://${path}`, owner: 'us' });
}

const image = { tag: 'a:b', baseImage: 'c:d', dockerfile: 'FROM c:d', files: [] };
const failed = (words: RegExp) =>
	expect.objectContaining({ code: 'ENGINE_FAILED', message: expect.stringMatching(words) });

describe('what an engine answers', () => {
	it('is an error where it dies in the middle of an answer', async () => {
		const engine = await engineThat((_url, response) => {
			response.writeHead(200);
			response.write('{"OSType":', () => response.destroy());
		});
		await expect(engine.check()).rejects.toEqual(failed(/did not say what it is: it ended, or broke off/));
	});

	it('is an error where its own words are no text', async () => {
		const engine = await engineThat((_url, response) => {
			response.writeHead(500).end('{"message":{"toString":1,"valueOf":2}}');
		});
		await expect(engine.check()).rejects.toEqual(failed(/"toString":1/));
	});

	it('is an error where a name that it gives cannot be asked for', async () => {
		const labels = { [ownerLabel]: 'us', [imageLabel]: 'us' };
		const engine = await engineThat((url, response) => {
			const isList = url.includes('/networks?');
			const other = url.includes('/volumes') ? { Volumes: null } : [];
			response.writeHead(200).end(JSON.stringify(isList ? [{ Name: 'a\u0000 b', Labels: labels }] : other));
		});
		const things = await engine.leftovers({ names: new Set(), images: new Set(), building: false });
		expect(things).toHaveLength(1);
		const [thing] = things;
		await expect(thing && engine.removeLeftover(thing)).rejects.toEqual(failed(/unescaped characters/));
	});

	it("tells what an ended build left from what is somebody's own, and leaves it while one goes on", async () => {
		const ours = { [imageLabel]: 'us' };
		const container = { Names: ['/of-step-4'], Labels: ours, State: 'exited', ImageID: 'layer' };
		const engine = await engineThat((url, response) => {
			const { pathname, searchParams } = new URL(url, 'http://engine');
			const isOwn = (searchParams.get('filters') ?? '').includes(ownerLabel);
			const volume = (name: string, project: string) => ({
				...{ Name: name, Labels: { [ownerLabel]: 'us', [nameLabel]: project }, UsageData: { Size: 9 } },
			});
			const volumes = [volume('gangline-gone-caches', 'gone'), volume('gangline-shop-caches', 'shop')];
			const lists: Readonly<Record<string, object>> = {
				'/volumes': { Volumes: isOwn ? volumes : [] },
				'/system/df': { Volumes: volumes },
				'/networks': [],
				'/images/json': [
					{ Id: 'layer', RepoTags: ['<none>:<none>'], Size: 5 },
					{ Id: 'whole', RepoTags: ['a:b'], Size: 7 },
				],
				'/containers/json': isOwn
					? []
					: [
							container,
							{ ...container, Names: ['/runs'], State: 'running' },
							{ ...container, Names: ['/own'], ImageID: 'whole' },
							{ ...container, Names: ['/shop'], Labels: { ...ours, [ownerLabel]: 'us' } },
						],
			};
			response.writeHead(200).end(JSON.stringify(lists[pathname]));
		});
		const asked = { names: new Set(['shop']), images: new Set(['a:b']) };
		const downloads = { kind: 'volume', name: 'gangline-gone-caches', bytes: 9 };
		expect(await engine.leftovers({ ...asked, building: true })).toEqual([downloads]);
		expect(await engine.leftovers({ ...asked, building: false })).toEqual([
			{ kind: 'container', name: 'of-step-4', bytes: null },
			downloads,
			{ kind: 'image', name: 'layer', bytes: 5 },
		]);
	});

	it('says why where a build fails, and that it broke off where the engine dies during one', async () => {
		const build = (end: (response: ServerResponse) => void) =>
			engineThat((url, response) => {
				if (!url.includes('/build')) return void response.writeHead(url.includes('/a:b/') ? 404 : 200).end('{}');
				response.writeHead(200);
				return end(response);
			});
		const lines: string[] = [];
		const said = '{"stream":"Step 1\\n"}\nno json\n{"error":"apt-get returned a non-zero code: 100"}\n';
		const wrong = await build((response) => response.end(said));
		await expect(wrong.ensureImage(image, (line) => lines.push(line))).rejects.toEqual(failed(/non-zero code: 100/));
		expect(lines).toEqual(['Step 1', 'apt-get returned a non-zero code: 100']);
		const dying = await build((response) => void response.write('{"stream":"Step', () => response.destroy()));
		await expect(dying.ensureImage(image, () => undefined)).rejects.toEqual(
			failed(/did not build a:b: it ended, or broke off/),
		);
	});
});
