/**
 * Containers of other machines as people see them here: what their machine says, read as a stranger's words, with where it
 * is and whether its node is connected.
 */
import { z } from 'zod';
import { type ContainerView, containerViewSchema } from '../../shared/operations/container-operations.ts';
import { type GanglineError, ganglineError, whyInvalid } from '../../shared/ports/index.ts';
import { hostKeyAlias, limitsDefault } from '../../shared/provision/index.ts';
import type { Place } from './places.ts';

/** What goes into settings of ssh is one plain word there. */
const machineViewSchema = containerViewSchema.extend({
	ssh: containerViewSchema.shape.ssh.extend({
		user: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/),
		port: z.int().min(1).max(65_535),
		alias: z.string().regex(/^gangline-[a-z0-9-]{1,32}$/),
		hostKey: z
			.string()
			.regex(/^ssh-ed25519 [A-Za-z0-9+/=]{40,100}$/)
			.nullable(),
	}),
});

/** @throws GanglineError MALFORMED */
export function readMachineView(value: unknown, machine: string): ContainerView {
	const read = machineViewSchema.safeParse(value);
	if (read.success) return read.data;
	throw ganglineError('MALFORMED', `${machine} says something of a container that is none: ${whyInvalid(read.error)}`);
}

export interface SeenHere {
	readonly machine: { readonly node: string; readonly name: string };
	/** Its own node is connected with the gateway. */
	readonly connected: boolean;
}

export function shownHere(place: Place, view: ContainerView, { machine, connected }: SeenHere): ContainerView {
	return { ...view, name: place.name, on: machine, connected };
}

/** While its machine is away: what was seen last, and that it was. */
export function awayView(place: Place, seen: SeenHere, now: number): ContainerView {
	const { name } = seen.machine;
	if (place.seen === null) return untoldView(place, seen, now);
	const words = `its machine ${name} is away: what runs there goes on, how it is cannot be asked`;
	return {
		...shownHere(place, place.seen, seen),
		state: 'gone',
		words,
		next: [`gangline nodes shows when ${name} is back`],
	};
}

/** The machine may never have heard of it: a kill came before. */
export function untoldView(place: Place, seen: SeenHere, now: number): ContainerView {
	const { wish } = place;
	const { cpus, memory, pids, disk } = { ...limitsDefault, ...wish.limits };
	const words = `${seen.machine.name} has not begun with it`;
	return {
		...{ name: place.name, on: seen.machine, project: null, path: wish.path ?? '', stack: wish.stack ?? null },
		...{ agents: [], others: [], state: 'failed', words, steps: [], image: null, container: null, connected: false },
		...{ ports: [], devcontainer: null, diskUsed: null, idleStopMs: null, asleep: false, log: '', changedAt: now },
		limits: {
			cpus: cpus ?? limitsDefault.cpus,
			memory: memory ?? limitsDefault.memory,
			pids: pids ?? limitsDefault.pids,
			disk: disk ?? limitsDefault.disk ?? null,
		},
		ssh: { user: '', port: 0, key: '', knownHosts: '', alias: hostKeyAlias(place.madeAs), hostKey: null },
		next: [`gangline new ${place.name} --retry`],
	};
}

/** What is worth a write: not each word of a step that goes on. */
export function isChanged(before: ContainerView | null, now: ContainerView): boolean {
	return before === null || essence(before) !== essence(now);
}

const essence = ({ steps, state, project, idleStopMs, asleep, path, limits, ssh }: ContainerView): string =>
	JSON.stringify([steps.map((step) => step.state), state, project, idleStopMs, asleep, path, limits, ssh]);

export function notMember(machine: string, name: string): GanglineError {
	return ganglineError('REFUSED', `${machine}, on whose machine ${name} is, may make no containers any more`, {
		hint: `what is there stays as it is; to forget it here: gangline project delete ${name} --confirm ${name}`,
	});
}
