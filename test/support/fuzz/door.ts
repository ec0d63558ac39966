/**
 * A *door*: one way in which bytes of others come into the program. Each says how its inputs are made, takes one, and
 * tells what of its state is to stay as it was. `knock` sends inputs through it and judges each: a typed refusal or an
 * answer, no state from half of an input, no stall, no bytes read beyond its end.
 */
import { GanglineError } from '../../../shared/ports/index.ts';
import { Dice } from './dice.ts';

/** Our own code may hold the loop for so long, of processor time of this thread. */
export const stallMsMax = 50;

export interface Door<Input = unknown> {
	readonly name: string;
	/** What of the sources comes in here: paths of files, names of protocols, kinds of records, routes. */
	readonly covers: readonly string[];
	/** How many inputs against the others; default 1. */
	readonly weight?: number;
	make(dice: Dice): Input;
	/** Takes one input. Whatever it answers says that it was taken; what it throws must be a refusal of ours. */
	feed(input: Input): unknown;
	/** A hash of everything that an input must not change in part. */
	state?(): string;
	/** What may become of the state when an input was taken; default: it stays. Throws to complain. */
	isWhole?(before: string, after: string, input: Input): void;
	/** The last input met a state that was begun anew, so before and after say nothing. */
	isNewLife?(): boolean;
	/** An input is several things: those before the one that was refused may have been taken. */
	readonly isConversation?: boolean;
	/** For a door whose input is bytes: the same input with other bytes around it. */
	readonly isBytes?: boolean;
	/** How long it may take, where not the loop of a node waits for it, ms; default `stallMsMax`. */
	readonly msMax?: number;
	/** Why this error is a refusal too; default: GanglineErrors other than INTERNAL alone are. */
	isRefusal?(error: unknown): boolean;
	close?(): Promise<void>;
}

export interface Knocked {
	readonly name: string;
	readonly inputs: number;
	readonly taken: number;
	readonly refused: number;
	readonly slowestMs: number;
}

/** The long form: a million inputs. */
export const isLong = Boolean(process.env.GANGLINE_TEST_LONG);

/** From the environment, so that a failure can be repeated; otherwise the same for everyone, so that a run says something of a change. */
export function seedOf(env: NodeJS.ProcessEnv = process.env): string {
	return env.GANGLINE_FUZZ_SEED ?? '1';
}

/** How many inputs a door of weight 1 gets: a third of `usual` where only the short tests are run. */
export function inputsEach(usual: number, long: number): number {
	const short = Math.ceil(usual / 3);
	return Number(process.env.GANGLINE_FUZZ_EACH ?? (isLong ? long : process.env.GANGLINE_TEST_ALL ? usual : short));
}

/** The number of the only input to be tried, when a failure is looked at. */
const only = process.env.GANGLINE_FUZZ_INPUT === undefined ? null : Number(process.env.GANGLINE_FUZZ_INPUT);

export async function knock<Input>(
	door: Door<Input>,
	options: { readonly inputs: number; readonly seed: string },
): Promise<Knocked> {
	const { inputs, seed } = options;
	const counts = { taken: 0, refused: 0, slowestMs: 0 };
	for (let number = only ?? 0; number < (only === null ? inputs : only + 1); number++) {
		const input = door.make(new Dice(`${seed}/${door.name}/${number}`));
		try {
			await judge(door, input, counts);
			if (door.isBytes && input instanceof Uint8Array && number % 8 === 0) await readsNothingBeyond(door, input);
		} catch (cause) {
			const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
			throw new Error(
				`the door "${door.name}" broke at input ${number}: ${why}\n${shown(input)}\nagain: GANGLINE_FUZZ_SEED=${seed} GANGLINE_FUZZ_INPUT=${number}`,
				{ cause },
			);
		}
	}
	return { name: door.name, inputs, ...counts };
}

interface Counts {
	taken: number;
	refused: number;
	slowestMs: number;
}

async function judge<Input>(door: Door<Input>, input: Input, counts: Counts): Promise<void> {
	const before = door.state?.();
	const outcome = await outcomeOf(door, input);
	let { ms } = outcome;
	// Once more: the compiler and the collector of garbage have their own moments, an expensive input is always one.
	const { msMax = stallMsMax } = door;
	for (let again = 0; again < 5 && ms > msMax; again++) ms = Math.min(ms, (await outcomeOf(door, input)).ms);
	counts.slowestMs = Math.max(counts.slowestMs, ms);
	if (ms > msMax) throw new Error(`it took ${ms.toFixed(0)} ms of processor time, at most ${msMax} may pass`);
	const after = door.state?.();
	if (outcome.kind === 'taken') counts.taken += 1;
	else {
		counts.refused += 1;
		const isRefusal = door.isRefusal?.(outcome.error) ?? isTyped(outcome.error);
		if (!isRefusal) throw outcome.error;
		if (messageOf(outcome.error).length > 20_000)
			throw new Error(`its message has ${messageOf(outcome.error).length} characters`);
	}
	if (before === undefined || after === undefined || before === after || door.isNewLife?.()) return;
	if (outcome.kind === 'refused' && !door.isConversation)
		throw new Error(`it was refused (${messageOf(outcome.error)}) and has changed something`);
	if (!door.isWhole) throw new Error('it was taken and has changed what nobody may change');
	door.isWhole(before, after, input);
}

type Outcome = { readonly ms: number } & (
	| { readonly kind: 'taken'; readonly value: unknown }
	| { readonly kind: 'refused'; readonly error: unknown }
);

async function outcomeOf<Input>(door: Door<Input>, input: Input): Promise<Outcome> {
	const began = process.threadCpuUsage();
	try {
		const fed = door.feed(input);
		const value = fed instanceof Promise ? await fed : fed;
		return { kind: 'taken', value, ms: msSince(began) };
	} catch (error) {
		return { kind: 'refused', error, ms: msSince(began) };
	}
}

function msSince(before: NodeJS.CpuUsage): number {
	const { user, system } = process.threadCpuUsage(before);
	return (user + system) / 1000;
}

/** A reader that goes past its input would hand out what lies behind it in memory. */
async function readsNothingBeyond(door: Door, input: Uint8Array): Promise<void> {
	const outcomes: string[] = [];
	for (const around of [0x00, 0x41, 0xff]) {
		const room = new Uint8Array(input.length + 128).fill(around);
		room.set(input, 64);
		const outcome = await outcomeOf(door, room.subarray(64, 64 + input.length));
		outcomes.push(outcome.kind === 'taken' ? plain(outcome.value) : `refused ${messageOf(outcome.error)}`);
	}
	if (new Set(outcomes).size > 1)
		throw new Error(`it depends on bytes beyond the input: ${outcomes.join(' | ').slice(0, 2_000)}`);
}

export function isTyped(error: unknown): boolean {
	return error instanceof GanglineError && error.code !== 'INTERNAL';
}

function messageOf(error: unknown): string {
	return error instanceof GanglineError ? `${error.code} ${error.message}` : String(error);
}

function plain(value: unknown): string {
	return (
		JSON.stringify(value, (_key, inner: unknown) =>
			inner instanceof Uint8Array ? Buffer.from(inner).toString('hex') : inner,
		) ?? ''
	);
}

function shown(input: unknown): string {
	if (input instanceof Uint8Array) {
		const text = Buffer.from(input.subarray(0, 600));
		return `${input.length} bytes: ${text.toString('hex')}\n${JSON.stringify(text.toString('latin1').slice(0, 300))}`;
	}
	try {
		const text = typeof input === 'string' ? JSON.stringify(input) : (JSON.stringify(input) ?? String(input));
		return `${text.length} characters: ${text.slice(0, 1_500)}`;
	} catch {
		return 'an input that is too deep to be shown';
	}
}
