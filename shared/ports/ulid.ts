/** Fresh names for projects and items: 48 bits of time, then 80 of randomness, so that they sort by when they were made. */
import { ulid } from 'ulid';
import type { Clock } from './clock.ts';
import { type Random, randomFraction } from './random.ts';

/** A new ULID from the ports, so that a simulated run can be repeated. */
export function newUlid(clock: Clock, random: Random): string {
	return ulid(clock.now(), () => randomFraction(random));
}
