/** Limits as people write them, and containers as people read them. */
import type { ContainerStep, ContainerView } from '../../shared/operations/index.ts';
import { shellWord } from '../../shared/operations/shell-word.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';

export interface LimitsGiven {
	readonly cpus: number | undefined;
	readonly memory: string | undefined;
	readonly pids: number | undefined;
	readonly disk: string | undefined;
}

export interface LimitsRead {
	cpus?: number;
	memory?: number;
	pids?: number;
	disk?: number | null;
}

/** Only what was given. @throws GanglineError INVALID_ARGUMENT */
export function readLimits({ cpus, memory, pids, disk }: LimitsGiven): LimitsRead {
	if (cpus !== undefined && !(cpus > 0)) {
		throw ganglineError('INVALID_ARGUMENT', `--cpus ${cpus} is no number of processors: expected such as 2 or 1.5`);
	}
	return {
		...(cpus === undefined ? {} : { cpus }),
		...(memory === undefined ? {} : { memory: bytesFrom('--memory', memory) }),
		...(pids === undefined ? {} : { pids }),
		...(disk === undefined ? {} : { disk: disk === 'none' ? null : bytesFrom('--disk', disk) }),
	};
}

/** `30m`, `2h`, `never`. @throws GanglineError INVALID_ARGUMENT */
export function readIdleStop(text: string): number | null {
	if (text === 'never') return null;
	const [, number, unit] = /^([0-9]{1,5})([mhd])$/.exec(text) ?? [];
	const minutes = Number(number) * (unit === 'd' ? 1440 : unit === 'h' ? 60 : 1);
	if (minutes >= 1) return minutes * 60_000;
	throw ganglineError(
		'INVALID_ARGUMENT',
		`--idle-stop ${JSON.stringify(text)} is no time: expected such as 30m, 2h or never`,
	);
}

function bytesFrom(option: string, text: string): number {
	const [, number, unit = ''] = /^([0-9]{1,15}(?:\.[0-9]{1,3})?)([kmgt]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
	if (number === undefined) {
		throw ganglineError(
			'INVALID_ARGUMENT',
			`${option} ${JSON.stringify(text)} is no size: expected such as 4g or 512m`,
		);
	}
	return Math.round(Number(number) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase()));
}

export function sizeWords(bytes: number | null): string {
	if (bytes === null) return '';
	const units = ['B', 'K', 'M', 'G', 'T'];
	const power = Math.min(4, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
	return `${Number((bytes / 1024 ** power).toFixed(1))}${units[power]}`;
}

const marks = { waiting: '  ', running: '…', done: 'ok', failed: 'no' } as const;

export function stepLine({ out }: Session, { name, state, words, tookMs }: ContainerStep): string {
	const took = tookMs === null ? '' : out.paint('dim', ` ${(tookMs / 1000).toFixed(1)} s`);
	const mark = out.paint(state === 'failed' ? 'red' : state === 'done' ? 'green' : 'dim', marks[state].padEnd(2));
	return `  ${mark} ${name.padEnd(13)} ${plainLine(words)}${took}`;
}

/** One container with all that is known of it. */
export function containerText(session: Session, view: ContainerView): string {
	const { limits } = view;
	return [
		`${view.name}: ${plainLine(view.words)}`,
		...(view.on === null ? [] : [`  on       ${plainLine(view.on.name)}`]),
		`  source   ${plainLine(view.path)}`,
		`  stack    ${plainLine(view.stack ?? 'none')}${view.others.length === 0 ? '' : ` (also marks of ${plainLine(view.others.join(', '))})`}`,
		...(view.agents.length === 0 ? [] : [`  agents   ${plainLine(view.agents.join(', '))}`]),
		`  limits   ${limitWords(limits)}`,
		...view.ports.map(
			({ inside, host, label }) =>
				`  port     ${inside}${label === null ? '' : ` ${plainLine(label)}`} is http://127.0.0.1:${host}, where what listens inside does so on all addresses`,
		),
		...devcontainerLines(view),
		...(view.idleStopMs === null
			? []
			: [`  sleeps   after ${Math.round(view.idleStopMs / 60_000)} min without anything to do`]),
		...view.steps.map((step) => stepLine(session, step)),
		`  log      ${plainLine(view.log)}`,
		...view.next.map((next) => `→ ${plainLine(next)}`),
	].join('\n');
}

export function limitWords({ cpus, memory, pids, disk = null }: ContainerView['limits']): string {
	const room = disk === null ? '' : `, ${sizeWords(disk)} of disk for source, state and downloads`;
	return `${cpus} processors, ${sizeWords(memory)} memory, ${pids} processes${room}`;
}

function devcontainerLines({ name, devcontainer }: ContainerView): readonly string[] {
	if (devcontainer === null) return [];
	const { path, hash, image, taken, left } = devcontainer;
	const all = [...(image === 'used' ? ['its image'] : []), ...taken];
	return [
		`  ${plainLine(path)}: ${all.length === 0 ? 'nothing of it counts' : `taken ${plainLine(all.join(', '))}`}`,
		...left.map(({ what, why }) => `    not ${plainLine(what)}: ${plainLine(why)}`),
		...(image === 'not trusted'
			? [`    not its image: gangline rebuild ${name} --devcontainer ${plainLine(shellWord(hash))} trusts it`]
			: []),
	];
}
