/** One-time codes go with who they are for, and with who made them. */
import { expect, it } from 'vitest';
import { LoginCodes } from '../../../gateway/board/login-codes.ts';
import { SimClock, SimRandom } from '../../../shared/ports/sim/index.ts';

it('[I13] open nothing any more for somebody else when who made them is let out', () => {
	const [codes, random] = [new LoginCodes(new SimClock()), new SimRandom('codes')];
	const make = (person: string, by: string) => codes.make({ person, on: 'browser', by }, 10, random);
	const [forVera, byVera, others] = [make('vera', 'ada'), make('ada', 'vera'), make('ada', 'ada')];
	codes.forget('vera');
	expect([forVera, byVera].map((code) => codes.take(code))).toEqual([null, null]);
	expect(codes.take(others)?.person).toBe('ada');
});
