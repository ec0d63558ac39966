/** Since when each node and each home have met without a break, and without anything that keeps them from hearing each other. */
import type { SeenMesh, SimEvent } from '../types.ts';

export class Contact {
	readonly #since = new Map<string, number>();
	/** Faults that are on and may keep anybody from hearing anybody. */
	#disturbances = 0;

	/** For how long the two have met now without a break. */
	metMs(node: string, home: string, nowMs: number): number {
		return nowMs - (this.#since.get(`${node} ${home}`) ?? nowMs);
	}

	/** Called once a step. */
	read(mesh: SeenMesh): void {
		for (const event of mesh.fresh) {
			if (event.kind === 'faultBegun' && disturbing.has(event.fault)) this.#disturbances += 1;
			if (event.kind === 'faultHealed' && disturbing.has(event.fault)) this.#disturbances -= 1;
		}
		const isDisturbed = this.#disturbances > 0;
		for (const { name } of mesh.nodes) {
			for (const { homeName } of mesh.projects) {
				const pair = `${name} ${homeName}`;
				const isBroken =
					isDisturbed || !mesh.meets(name, homeName) || mesh.fresh.some((event) => isTrouble(event, name, homeName));
				if (isBroken || !this.#since.has(pair)) this.#since.set(pair, mesh.nowMs);
			}
		}
	}
}

/** What may keep two from hearing each other without cutting them off. */
export const disturbing: ReadonlySet<string> = new Set([
	'latency',
	'flapping',
	'lostConnections',
	'sleeper',
	'clockRate',
	'failingSync',
	'fullDisk',
	'sealedMove',
]);

function isTrouble(event: SimEvent, ...names: readonly string[]): boolean {
	if (event.kind === 'boot' || event.kind === 'crash') return names.includes(event.node);
	return (event.kind === 'faultBegun' || event.kind === 'faultHealed') && disturbing.has(event.fault);
}
