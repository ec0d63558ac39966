/** `doctor --repair` runs what it printed, after a yes, and believes only the check that follows. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { systemWorld } from '../../../gateway/cli/doctor-world.ts';
import { repair } from '../../../gateway/cli/repair.ts';
import { examine } from '../../../gateway/cli/run-doctor.ts';
import type { Session } from '../../../gateway/cli/session.ts';
import { type Clinic, openClinic } from './clinic.ts';

/** A state folder that others may read: what is wrong on this machine. */
function openFolder(clinic: Clinic): void {
	mkdirSync(clinic.state);
	chmodSync(clinic.state, 0o755);
}

async function repaired(clinic: Clinic, says: boolean) {
	const session: Session = { ...clinic.session(), confirm: async () => says };
	const world = systemWorld(session);
	const findings = (await examine(session, world)).filter(({ id }) => id === 'state folder');
	return repair(session, world, findings);
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('doctor --repair', () => {
	it('mends what fails, and sees that it passes', async () => {
		using clinic = openClinic();
		openFolder(clinic);
		expect(await repaired(clinic, true)).toEqual([
			{ id: 'state folder', fix: expect.stringContaining('chmod 700'), outcome: 'repaired' },
		]);
		expect(modeOf(clinic.state)).toBe(0o700);
	});

	it('changes nothing after a no', async () => {
		using clinic = openClinic();
		openFolder(clinic);
		expect(await repaired(clinic, false)).toMatchObject([{ outcome: 'declined' }]);
		expect(modeOf(clinic.state)).toBe(0o755);
	});

	it('says so when the fix did not help, and leaves what only a shell can take over', async () => {
		using clinic = openClinic();
		const session: Session = { ...clinic.session(), confirm: async () => true };
		const tried = await repair(session, systemWorld(session), [
			{ id: 'linux', status: 'fail', says: 'pretended', fix: 'false' },
			{ id: 'port', status: 'fail', says: 'taken', fix: 'export GANGLINE_PORT=1' },
			{ id: 'git', status: 'warn', says: 'works, with less', fix: 'false' },
		]);
		expect(tried).toEqual([{ id: 'linux', fix: 'false', outcome: 'failed' }]);
	});
});
