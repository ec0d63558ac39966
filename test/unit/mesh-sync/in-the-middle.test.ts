/** A project is taken away, begins again or is spoken of once more while its documents are on their way. */
import { afterEach, describe, expect, it } from 'vitest';
import { makeItem, projectOne } from '../../support/facts.ts';
import { draftOf, SyncMesh } from '../../support/sync-mesh.ts';

let mesh: SyncMesh;
afterEach(() => mesh.stop());

/** A home and a laptop that have the same. */
async function start(): Promise<void> {
	mesh = await SyncMesh.start('in the middle', ['home', 'laptop'], { items: ['a', 'b'] });
	await mesh.until(() => mesh.isEqual());
}

/** An index of so many parts that they are no single window. */
async function publishMuch(): Promise<void> {
	const long = Array.from({ length: 200 }, (_, n) => makeItem(`long${n}`, { description: 'x'.repeat(12_000) }));
	await mesh.home.project.publish(({ items }) => ({
		items: { ...items, ...Object.fromEntries(long.map((item) => [item.key, item])) },
	}));
}

describe('a document that is on its way', () => {
	it('[I1] is taken also when its generation is announced once more while it is written', async () => {
		await start();
		const laptop = mesh.node('laptop');
		laptop.disk.holdSyncs();
		await mesh.home.project.beginGeneration();
		await mesh.run(200);
		mesh.home.sync.add(mesh.home.project);
		await mesh.run(200);
		laptop.disk.releaseSyncs();
		await mesh.run(2_000);
		expect(laptop.project.index.generation).toBe('2');
		expect(mesh.complaints()).toEqual([]);
	});

	it('[I1] is asked for anew when its project came back while the answer of before was written', async () => {
		for (let afterMs = 0; afterMs < 30; afterMs += 1) {
			await start();
			const laptop = mesh.node('laptop');
			mesh.net.breakLinks(mesh.home.id, laptop.id);
			await mesh.home.project.publish(({ items }) => ({ items: { ...items, c: makeItem('c') } }));
			laptop.disk.holdSyncs();
			await mesh.run(2_000);
			laptop.sync.remove(projectOne);
			await mesh.home.project.publish(({ items }) => ({ items: { ...items, d: makeItem('d') } }));
			await mesh.run(100);
			laptop.sync.add(laptop.project);
			await mesh.run(afterMs, 1);
			laptop.disk.releaseSyncs();
			await mesh.run(1_000);
			expect({ afterMs, isEqual: mesh.isEqual() }).toEqual({ afterMs, isEqual: true });
			expect(mesh.complaints()).toEqual([]);
			await mesh.stop();
		}
	});

	it('[I1] comes whole, and nobody is blamed, whenever its project goes and comes back', async () => {
		for (let afterMs = 9; afterMs < 24; afterMs += 3) {
			await start();
			const laptop = mesh.node('laptop');
			await publishMuch();
			await mesh.run(afterMs, 1);
			laptop.sync.remove(projectOne);
			await mesh.run(1);
			laptop.sync.add(laptop.project);
			await mesh.until(() => mesh.isEqual(), 5_000);
			expect({ afterMs, complaints: mesh.complaints() }).toEqual({ afterMs, complaints: [] });
			await mesh.stop();
		}
	});

	it('[I13] goes no further to a member that may not have its project any more', async () => {
		await start();
		await publishMuch();
		const parts = (): number => mesh.home.sent.filter(({ message }) => message.k === 'part').length;
		for (let passed = 0; passed < 200 && parts() === 0; passed += 1) await mesh.run(1, 1);
		mesh.access = (watcher) => (watcher === 'home' ? 'none' : 'write');
		const before = parts();
		expect(before).toBeGreaterThan(0);
		await mesh.run(1_000);
		expect(parts()).toBe(before);
		mesh.access = () => 'write';
		mesh.home.sync.review();
		await mesh.home.project.publish(({ items }) => ({ items: { ...items, c: makeItem('c') } }));
		await mesh.until(() => mesh.isEqual(), 5_000);
		expect(mesh.complaints().filter((line) => !line.includes('sync.refused'))).toEqual([]);
	});
});

describe('the text of an item that was added here and that the home does not know', () => {
	it('[I1] is asked for as soon as the wish has come that added it', async () => {
		mesh = await SyncMesh.start('a wish comes late', ['home', 'laptop', 'phone'], {}, [['laptop', 'phone']]);
		await mesh.run(2_000);
		const [laptop, phone] = [mesh.node('laptop'), mesh.node('phone')];
		laptop.project.tentative.add('x');
		await (await laptop.project.text('x'))?.replace('what x is about');
		await mesh.run(500);
		phone.project.tentative.add('x');
		await laptop.project.author.append([draftOf('add')]);
		await mesh.run(500);
		expect((await phone.project.text('x'))?.text).toBe('what x is about');
	});
});
