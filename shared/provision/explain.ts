/** How a project in a container is, in words that say why and what to type. Pure. */
import type { ContainerView } from '../operations/index.ts';
import type { Condition } from './provisioner.ts';
import type { ContainerRecord } from './records.ts';

export interface Seen {
	readonly record: ContainerRecord;
	/** Null: the engine could not be asked. */
	readonly condition: Condition | null;
	/** This process is at it. */
	readonly busy: boolean;
	readonly connected: boolean;
	/** What its node said last that source, state and downloads take; null: there is no bound. */
	readonly diskUsed?: number | null;
}

type Said = Pick<ContainerView, 'state' | 'words' | 'next'>;

export function explainContainer(seen: Seen): Said {
	const { record, busy } = seen;
	const at = record.steps.find(({ state }) => state === 'running' || state === 'failed');
	if (busy)
		return { state: 'making', words: at === undefined ? 'it is being made' : `${at.name}: ${at.words}`, next: [] };
	if (record.phase === 'failed') {
		const words = at === undefined ? 'making it failed' : `it failed at ${at.name}: ${at.words}`;
		return { state: 'failed', words, next: [...(record.hint === null ? [] : [record.hint]), retry(record)] };
	}
	if (record.phase === 'making') {
		const where = at ?? record.steps.find(({ state }) => state === 'waiting');
		return { state: 'failed', words: `it was cut off at ${where?.name ?? 'its end'}`, next: [retry(record)] };
	}
	return standing(seen);
}

function standing({ record, condition, connected, diskUsed = null }: Seen): Said {
	const { name } = record;
	if (condition === null) {
		return { state: 'gone', words: 'the container engine does not answer', next: ['gangline doctor'] };
	}
	if (condition.kind === 'gone') {
		const words = 'its container is gone; source and state are where they were';
		return { state: 'gone', words, next: [`gangline rebuild ${name}`] };
	}
	if (condition.kind === 'ended' && record.asleep) {
		const words = 'it sleeps, because nothing was to do; it wakes when something is wanted of it';
		return { state: 'stopped', words, next: [`gangline start ${name}`] };
	}
	if (condition.kind === 'ended') {
		return { state: 'stopped', words: endWords(record, condition), next: [`gangline start ${name}`] };
	}
	const ended = condition.outOfMemory
		? `; something in it was ended for want of memory: all that runs in it may use ${size(record.limits.memory)}`
		: '';
	const disk = diskWords(record, diskUsed);
	const mend = [
		...(condition.outOfMemory ? [`gangline limits ${name} --memory ${2 * gibibytes(record.limits.memory)}g`] : []),
		...(disk === '' ? [] : [`gangline limits ${name} --disk ${2 * gibibytes(record.limits.disk ?? 0)}g`]),
	];
	if (!connected) {
		const words = `it runs, its node is not connected${ended}${disk}`;
		return { state: 'running', words, next: [...mend, `gangline containers ${name}`] };
	}
	return {
		state: 'running',
		words: `it runs, its node is connected${ended}${disk}`,
		next: [
			...mend,
			`gangline add "What should be done" -p ${name}`,
			`gangline status -p ${name}`,
			`gangline ssh ${name}`,
		],
	};
}

/** From four fifths on it is said. */
function diskWords({ limits: { disk = null } }: ContainerRecord, used: number | null): string {
	if (disk === null || used === null || used <= disk * 0.8) return '';
	const takes = `source, state and downloads take ${size(used)} of disk`;
	if (used <= disk) return `; ${takes} of the ${size(disk)} that they may`;
	return `; ${takes}, more than the ${size(disk)} that they may: nothing new is begun until there is room`;
}

function endWords({ limits }: ContainerRecord, ended: Extract<Condition, { kind: 'ended' }>): string {
	const { exitCode, outOfMemory, error } = ended;
	if (outOfMemory)
		return `it ran out of memory: all that runs in it may use ${size(limits.memory)}, and it wanted more`;
	if (error !== '') return `it did not start: ${error}`;
	if (exitCode === 0 || exitCode === 143) return 'it was stopped';
	if (exitCode === 137) return 'it was killed, from outside or because it did not end when it was asked to';
	return `its node ended with exit code ${exitCode}`;
}

const gibibytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 3);

export function size(bytes: number): string {
	const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
	const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
	return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}

function retry({ name }: ContainerRecord): string {
	return `gangline new ${name} --retry`;
}
