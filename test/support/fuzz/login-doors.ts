/** Doors of logins over the mesh: what is said before the bytes of OpenSSH, between members and at the gateway's address. */
import { readTunnelWish } from '../../../shared/http/tunnel-door.ts';
import { decodeHead, encodeHead, encodeRefusal, requireOpen } from '../../../shared/mesh/tunnel/messages.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import type { Door } from './door.ts';
import { bytesFrom, jsonFrom, textFrom } from './makers.ts';

const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${'A'.repeat(48)}`;
const heads = [
	{ project: 'shop', person: 'ada', key },
	{ project: '01JZ0000000000000000000SHP', person: 'ada', key: null },
];
const headText = jsonFrom(heads, 20_000);
const url = textFrom(['/ssh/shop', '/ssh/../v1', '/ssh/%2e', '/sync/shop']);
const keyText = textFrom([key, `${key} ada@desk`, `no-pty ${key}`]);

export const loginDoors: readonly Door[] = [
	{
		name: 'what a login is wanted for',
		covers: ['/gangline/ssh/1', 'shared/mesh/tunnel/messages.ts'],
		isBytes: true,
		make: (dice) => Buffer.from(headText(dice)),
		feed: (frame: Uint8Array) => {
			const head = decodeHead(frame);
			// It becomes a line of a file that an sshd reads.
			if (head.key !== null && head.key !== key && !/^ssh-ed25519 [A-Za-z0-9+/]{68}$/.test(head.key))
				throw new Error(`not one key: ${head.key}`);
			return Buffer.from(encodeHead(head)).toString();
		},
	} satisfies Door<Uint8Array>,
	{
		name: 'whether a login was opened',
		covers: ['/gangline/ssh/1', 'shared/mesh/tunnel/messages.ts'],
		isBytes: true,
		make: bytesFrom([Uint8Array.of(0), encodeRefusal(ganglineError('FORBIDDEN', 'no', { hint: 'ask' }))], 20_000),
		feed: (frame: Uint8Array) => {
			// What it was refused with is what it says; a code that we do not know is told as INTERNAL.
			try {
				requireOpen(frame);
			} catch (error) {
				throw error instanceof Error && 'code' in error && error.code === 'INTERNAL'
					? ganglineError('REFUSED', error.message)
					: error;
			}
		},
	} satisfies Door<Uint8Array>,
	{
		name: 'requests for a login at the gateway',
		covers: ['shared/http/tunnel-door.ts', 'route /ssh/'],
		make: (dice) => ({
			url: url(dice),
			headers: { upgrade: dice.once(5) ? 'websocket' : 'gangline-ssh', 'gangline-ssh-key': keyText(dice) },
		}),
		feed: (request: Parameters<typeof readTunnelWish>[0]) => {
			const { project, key: given } = readTunnelWish(request);
			if (/[^\w.-]/.test(project) || /\s.*\s|\n/.test(given ?? '')) throw new Error('let through');
		},
	} satisfies Door<Parameters<typeof readTunnelWish>[0]>,
];
