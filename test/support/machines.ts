/**
 * Machines in network namespaces: each has its own address, loopback and home, and reaches the others over a bridge that
 * has a namespace too, because what this machine's firewall says of bridges (a container engine adds rules) is not meant.
 * A link is cut as a cable is: frames go to an address that nobody has, in one direction or both, and no one is told.
 * Needs root and iproute2; whoever cannot have them is told by `machinesMissing`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { makeWorld, type World } from './world.ts';

/** Why machines cannot be made here, null when they can. */
export const machinesMissing: string | null =
	process.getuid?.() !== 0
		? 'network namespaces need root'
		: existsSync('/usr/sbin/ip') || existsSync('/sbin/ip')
			? null
			: 'network namespaces need iproute2';

export interface Machine {
	readonly name: string;
	/** Its IPv4 address on the common network. */
	readonly address: string;
	/** Its home, state folder and commands; they run in its namespace. */
	readonly world: World;
}

export interface MachineRoom extends AsyncDisposable {
	/** Another machine; `env` on top of a stranger's. */
	machine(name: string, env?: Readonly<Record<string, string>>): Machine;
	/** What starts a program on the machine of that name. */
	within(name: string): readonly string[];
	/** Frames from `a` to `b` and back are lost from now on. */
	cut(a: Machine, b: Machine): void;
	/** Only frames from `a` to `b` are lost. */
	cutOneWay(a: Machine, b: Machine): void;
	heal(a: Machine, b: Machine): void;
	/** Cuts every link between the two groups. */
	part(group: readonly Machine[], others: readonly Machine[]): void;
	healAll(): void;
}

/** No card of ours has this address; locally administered. */
const nobody = '02:00:00:00:00:fe';
let rooms = 0;

export function openMachineRoom(): MachineRoom {
	rooms += 1;
	// Names of devices have at most 15 characters; the process id keeps runs apart.
	const id = `${(process.pid % 100_000).toString(36)}${rooms}`;
	const bridge = `gl${id}`;
	const hub = `gl${id}-hub`;
	const subnet = `10.${100 + (process.pid % 100)}.${rooms}`;
	const machines: Machine[] = [];
	ip('netns', 'add', hub);
	ip('-n', hub, 'link', 'add', bridge, 'type', 'bridge');
	ip('-n', hub, 'link', 'set', bridge, 'up');

	const namespaceOf = ({ name }: Pick<Machine, 'name'>): string => `gl${id}-${name}`;
	const lose = (from: Machine, to: Machine): void => {
		ip('-n', namespaceOf(from), 'neigh', 'replace', to.address, 'lladdr', nobody, 'dev', 'eth0', 'nud', 'permanent');
	};
	const find = (from: Machine, to: Machine): void => {
		ip('-n', namespaceOf(from), 'neigh', 'flush', 'to', to.address, 'nud', 'all');
	};
	const pairs = function* (): Iterable<readonly [Machine, Machine]> {
		for (const a of machines) for (const b of machines) if (a !== b) yield [a, b];
	};

	return {
		machine(name, env = {}) {
			const number = machines.length + 1;
			const address = `${subnet}.${number}`;
			const namespace = namespaceOf({ name });
			const port = `${bridge}-${number}`;
			ip('netns', 'add', namespace);
			ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
			ip('-n', hub, 'link', 'set', port, 'master', bridge, 'up');
			ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
			ip('-n', namespace, 'link', 'set', 'eth0', 'up');
			ip('-n', namespace, 'link', 'set', 'lo', 'up');
			const world = makeWorld({ GANGLINE_NAME: name, ...env }, undefined, ['ip', 'netns', 'exec', namespace]);
			const machine = { name, address, world };
			machines.push(machine);
			return machine;
		},
		within: (name) => ['ip', 'netns', 'exec', namespaceOf({ name })],
		cut(a, b) {
			lose(a, b);
			lose(b, a);
		},
		cutOneWay: lose,
		heal(a, b) {
			find(a, b);
			find(b, a);
		},
		part(group, others) {
			for (const a of group) {
				for (const b of others) {
					lose(a, b);
					lose(b, a);
				}
			}
		},
		healAll() {
			for (const [a, b] of pairs()) find(a, b);
		},
		async [Symbol.asyncDispose]() {
			for (const [a, b] of pairs()) find(a, b);
			for (const { world } of machines) await world[Symbol.asyncDispose]();
			for (const machine of machines) ip('netns', 'del', namespaceOf(machine));
			ip('netns', 'del', hub);
		},
	};
}

function ip(...args: readonly string[]): void {
	execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
