/**
 * A small TCP proxy that stands for a bad line between two real processes: it delays, slows down, stops one or both
 * directions without a word, or cuts. What is stopped is kept and goes on when the line is good again, as in a network
 * that loses packets and a TCP that sends them again.
 */
import { once } from 'node:events';
import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net';
import { type Clock, pause } from '../../shared/ports/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';

/** `forth`: from who dialled to who listens. */
export type LineDirection = 'forth' | 'back';

export interface Line {
	delayMs?: number;
	bytesPerSecond?: number;
	isStopped?: boolean;
}

export interface TcpProxy extends AsyncDisposable {
	readonly port: number;
	/** Connections that go through it now. */
	readonly connections: number;
	/** Changes one direction, for what is under way too. */
	set(direction: LineDirection, line: Line): void;
	/** Nothing passes any more, and nobody is told; undone with `thaw`. */
	freeze(): void;
	thaw(): void;
	/** Breaks every connection. */
	cut(): void;
}

export async function openTcpProxy(target: { readonly host?: string; readonly port: number }): Promise<TcpProxy> {
	const lines: Record<LineDirection, Line> = { forth: {}, back: {} };
	const pairs = new Set<readonly Socket[]>();
	const clock = new SystemClock();
	const server = createServer((near) => {
		const far = connectTo({ host: target.host ?? '127.0.0.1', port: target.port });
		const pair = [near, far];
		pairs.add(pair);
		const end = (): void => {
			pairs.delete(pair);
			for (const socket of pair) socket.destroy();
		};
		for (const socket of pair) socket.on('error', end).on('close', end).setNoDelay(true);
		void pump(near, far, () => lines.forth, clock).then(end, end);
		void pump(far, near, () => lines.back, clock).then(end, end);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		port: (server.address() as AddressInfo).port,
		get connections() {
			return pairs.size;
		},
		set: (direction, line) => {
			lines[direction] = line;
		},
		freeze: () => {
			for (const direction of ['forth', 'back'] as const) lines[direction] = { ...lines[direction], isStopped: true };
		},
		thaw: () => {
			for (const direction of ['forth', 'back'] as const) lines[direction] = { ...lines[direction], isStopped: false };
		},
		cut: () => {
			for (const pair of [...pairs]) for (const socket of pair) socket.resetAndDestroy();
		},
		[Symbol.asyncDispose]: async () => {
			const closed = new Promise((resolve) => server.close(resolve));
			for (const pair of [...pairs]) for (const socket of pair) socket.destroy();
			await closed;
		},
	};
}

/** Carries one direction; the socket's own back pressure is the line's. */
async function pump(from: Socket, to: Socket, line: () => Line, clock: Clock): Promise<void> {
	const late: { readonly chunk: Buffer; readonly due: number }[] = [];
	let wake = (): void => {};
	let hasEnded = false;
	from.on('data', (chunk: Buffer) => {
		late.push({ chunk, due: clock.monotonic() + (line().delayMs ?? 0) });
		if (late.length > 64) from.pause();
		wake();
	});
	from.on('close', () => {
		hasEnded = true;
		wake();
	});
	for (;;) {
		const next = late.shift();
		if (!next) {
			if (hasEnded) return;
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
			continue;
		}
		from.resume();
		if (next.due > clock.monotonic()) await pause(clock, next.due - clock.monotonic());
		while (line().isStopped) {
			if (to.destroyed) return;
			await pause(clock, 5);
		}
		const { bytesPerSecond } = line();
		if (bytesPerSecond !== undefined) await pause(clock, (next.chunk.byteLength / bytesPerSecond) * 1000);
		if (to.destroyed) return;
		if (!to.write(next.chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
	}
}
