/**
 * The other end of a link, as a process of its own: `home FOLDER` keeps the project; `echo FOLDER` is a bare libp2p node
 * that writes each frame into a Level database, synced, and sends it back. Says where it is as a line of JSON, and ends
 * with its stdin.
 */
import { Level } from 'level';
import { echoProtocol, openBareLibp2p, openHome } from './mesh-ground.ts';

const [side, folder = ''] = process.argv.slice(2);
const say = (words: object): void => void process.stdout.write(`${JSON.stringify(words)}\n`);
process.stdin.resume().on('end', () => process.exit(0));

if (side === 'home') {
	const { addresses } = await openHome(folder);
	say({ address: addresses[0] });
} else {
	const database = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' });
	const node = await openBareLibp2p();
	let written = 0;
	await node.handle(echoProtocol, (stream) => {
		stream.addEventListener('message', ({ data }) => {
			const bytes = data instanceof Uint8Array ? data : data.subarray();
			written += 1;
			const put = { type: 'put', key: String(written), value: bytes } as const;
			void database.batch([put], { sync: true }).then(() => stream.send(bytes));
		});
	});
	say({ address: String(node.getMultiaddrs()[0]) });
}
