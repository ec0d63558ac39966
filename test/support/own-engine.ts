/**
 * A container engine of one test alone, which may be killed: started by scripts/engine in a folder of its own and asked
 * through a socket that the test listens on. There a question, or what a build says, can be the last that it hears.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { give } from './engine-world.ts';

const script = fileURLToPath(new URL('../../scripts/engine', import.meta.url));

/** The usual one belongs to the engine that runs beside it, and an engine without any would remove that. */
const bridge = { name: `gle${process.pid % 100_000_000}`, address: `10.213.${process.pid % 250}.1/24` } as const;
const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'ignore' });

/** Where it dies, once. */
export interface Death {
	readonly name: string;
	/** In a question's first line, or in what the engine says. */
	readonly at: RegExp;
	/**
	 * Before the engine hears the question, when it has answered it, or while it says this. `told`: when the answer has been
	 * heard, and whatever runs at the engine dies with it.
	 */
	readonly when: 'asked' | 'answered' | 'says' | 'told';
}

export class OwnEngine implements AsyncDisposable {
	readonly #folder: string;
	/** Of dockerd. */
	readonly #options: readonly string[];
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	#deaths: readonly Death[] = [];
	/** What it died of, in order. */
	readonly died: string[] = [];

	/** Begins where Docker's own folders may be, which is never in memory. `options`: of dockerd. */
	static async open(options: readonly string[] = []): Promise<OwnEngine> {
		const folder = mkdtempSync('/var/tmp/gangline-own-engine-');
		chmodSync(folder, 0o711);
		const engine = new OwnEngine(folder, options);
		ip('link', 'add', bridge.name, 'type', 'bridge');
		ip('addr', 'add', bridge.address, 'dev', bridge.name);
		ip('link', 'set', bridge.name, 'up');
		await new Promise<void>((resolve) => void engine.#server.listen(join(folder, 'tap.sock'), resolve));
		give(join(folder, 'tap.sock'));
		engine.start();
		return engine;
	}

	private constructor(folder: string, options: readonly string[]) {
		this.#folder = folder;
		this.#options = options;
		this.#server = createServer((client) => this.#tap(client));
	}

	/** What a gateway is told. */
	get host(): string {
		return `unix://${join(this.#folder, 'tap.sock')}`;
	}

	/** Again, after a death; what was made is there. */
	start(): void {
		const env = { ...process.env, ENGINE_OPTIONS: [`--bridge=${bridge.name}`, ...this.#options].join(' ') };
		execFileSync(script, ['start', this.#folder], { env, stdio: ['ignore', 'pipe', 'pipe'] });
	}

	base(): string {
		return execFileSync(script, ['base', this.#folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
	}

	/** Asks it past the tap. */
	docker(...args: string[]): string {
		const host = `unix://${join(this.#folder, 'docker.sock')}`;
		return execFileSync('docker', ['--host', host, ...args], { encoding: 'utf8' }).trim();
	}

	/** From now on it dies at the first of these that happens, and is told so in `died`. */
	arm(deaths: readonly Death[]): void {
		this.#deaths = deaths;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise((resolve) => this.#server.close(resolve));
		execFileSync(script, ['stop', '--remove', this.#folder], { stdio: 'ignore' });
		ip('link', 'delete', bridge.name);
		rmSync(this.#folder, { recursive: true, force: true });
	}

	#tap(client: Socket): void {
		const engine = createConnection(join(this.#folder, 'docker.sock'));
		for (const [one, other] of [
			[client, engine],
			[engine, client],
		] as const) {
			this.#sockets.add(one);
			one.on('error', () => other.destroy());
			one.on('close', () => {
				this.#sockets.delete(one);
				other.destroy();
			});
		}
		let asked = '';
		client.on('data', (bytes) => {
			const line = /^(?:GET|POST|DELETE) \S+/.exec(bytes.toString('latin1', 0, 4096))?.[0];
			asked = line ?? asked;
			if (line !== undefined && this.#dies('asked', line)) return;
			engine.write(bytes);
		});
		engine.on('data', (bytes) => {
			if (this.#dies('answered', asked) || this.#dies('says', bytes.toString('latin1'))) return;
			client.write(bytes);
			this.#dies('told', asked);
		});
	}

	/** The first process of each container. */
	#running(): readonly number[] {
		const containers = this.docker('ps', '-q').split('\n').filter(Boolean);
		return containers.map((one) => Number(this.docker('inspect', '--format', '{{.State.Pid}}', one)));
	}

	/** Whether it is dead now, with everybody who asked it. */
	#dies(when: Death['when'], text: string): boolean {
		const death = this.#deaths.find((one) => one.when === when && one.at.test(text));
		if (death === undefined) return false;
		this.#deaths = [];
		this.died.push(death.name);
		const inside = when === 'told' ? this.#running() : [];
		process.kill(Number(readFileSync(join(this.#folder, 'docker.pid'), 'utf8')), 'SIGKILL');
		for (const pid of inside) process.kill(pid, 'SIGKILL');
		for (const socket of this.#sockets) socket.destroy();
		return true;
	}
}
