/**
 * [I15] Memory, queues, disks and documents stay within their bounds: at any time not without end, and when all is calm
 * there is nothing left of what was settled: no report, no refusal that was heard, no entry of a log that everyone has,
 * no author of a process that ended long ago.
 */
import type { Checker, SeenMesh, SeenNode, SeenProject } from '../types.ts';
import { ledgerChecker } from './checker.ts';
import { clonesLeft } from './idle.ts';
import type { Ledger } from './ledger.ts';

/** The index keeps that many refusals of an author, and a few nodes speak. */
const refusalsMax = 500;
/** A log is cut where a flush ends, and what came last may not have been told by all. */
const entriesLeftMax = 40;
const timersMax = 2_000;
/** Of the index a simulated home begins a new generation past these, and what one publication adds is over them. */
const structuresMax = { least: 200, perRecord: 2, perPublication: 100 };
/** Authors of a node that the facts may still name when all is calm: those of its process, and of a few before it. */
export const authorsPerNodeMax = 7;
const bytesPerNodeMax = 32 * 1024 * 1024;

export function boundsHold(ledger: Ledger): Checker {
	const said = new Set<string>();
	let looks = 0;
	const step = (mesh: SeenMesh): readonly string[] =>
		[
			// A disk is dear to measure.
			...(looks++ % 64 === 0 ? mesh.nodes.flatMap((node) => tooMuch(node)) : []),
			...mesh.nodes.flatMap(overfull),
			...mesh.projects.flatMap(({ home, name }) => {
				const kept = home?.refusals ?? 0;
				const { structures = 0, records = 0 } = home?.size ?? {};
				const { least, perRecord, perPublication } = structuresMax;
				return [
					...(kept > refusalsMax * mesh.nodes.length ? [`the index of ${name} keeps too many refusals`] : []),
					...(structures > Math.max(least, perRecord * records) + perPublication
						? [`the index of ${name} has ${structures} structures for ${records} records`]
						: []),
				];
			}),
		].filter((words) => {
			const isNew = !said.has(words);
			said.add(words);
			return isNew;
		});
	const end = (mesh: SeenMesh): readonly string[] => [
		...mesh.projects.flatMap((project) => leftOver(mesh, project)),
		...clonesLeft(mesh),
	];
	return ledgerChecker(ledger, [15, 'bounds hold'], { step, end });
}

function overfull({ name, slots, attempts }: SeenNode): readonly string[] {
	const live = attempts.filter(({ isLive }) => isLive).length;
	return live > slots ? [`${name} runs ${live} agents in ${slots} slots`] : [];
}

function tooMuch({ name, timers, stored, attempts }: SeenNode): readonly string[] {
	return [
		...(timers > timersMax ? [`${name} has more than ${timersMax} timers`] : []),
		...(stored.bytes > bytesPerNodeMax ? [`${name} has more than ${bytesPerNodeMax} bytes on its disk`] : []),
		...(attempts.length > 64 ? [`${name} has ${attempts.length} attempts`] : []),
	];
}

/** What is settled and what all have is cut from the logs where it is settled. */
function untrimmed({ home, homeName, name }: SeenProject): readonly string[] {
	if (!home) return [];
	const trimmed = home.trimmed();
	const left = Object.entries(home.facts.acceptedUpTo).reduce(
		(sum, [author, n]) => sum + n - (trimmed.get(author) ?? n),
		0,
	);
	return left > entriesLeftMax ? [`${homeName} still has ${left} entries of logs of ${name} that all have`] : [];
}

function leftOver(mesh: SeenMesh, { home, name, id, homeName }: SeenProject): readonly string[] {
	if (!home) return [];
	const members = mesh.nodes.filter((node) => mesh.registry.nodes[node.id]?.status !== 'revoked');
	const authors = Object.keys(home.facts.authors);
	const settled = members.flatMap((node) =>
		node.reporting
			.filter(({ project, item }) => project === id && home.facts.items[item]?.stage.kind === 'done')
			.map(({ item }) => `${node.name} still keeps its report about ${item}, which landed`),
	);
	const speakers = mesh.nodes.filter(({ kind }) => kind !== 'worker');
	const areAllHere = speakers.every((node) => node.isUp && members.includes(node));
	return [
		...settled,
		...(areAllHere ? untrimmed({ home, homeName, name } as SeenProject) : []),
		...(home.refusals > 0 ? [`${homeName} keeps ${home.refusals} refusals that everyone has heard`] : []),
		...mesh.nodes.flatMap((node) => {
			const count = authors.filter((author) => author.startsWith(`${node.id}.`)).length;
			return count > authorsPerNodeMax ? [`the facts of ${name} name ${count} authors of ${node.name}`] : [];
		}),
		...members.flatMap((node) => {
			const pending = node.replicas.get(id)?.pending.length ?? 0;
			return pending > 0 ? [`${node.name} keeps ${pending} entries that ${homeName} has settled`] : [];
		}),
	];
}
