/**
 * `gangline doctor --repair`: runs the fix of each failed check after a yes, and looks whether the check passes then.
 * What only a shell can take over (`export`, `unset`) stays for the person to type.
 */

import type { DoctorWorld } from './doctor-world.ts';
import { plain } from './output.ts';
import { examine, type Finding } from './run-doctor.ts';
import type { Session } from './session.ts';

export interface Repair {
	readonly id: string;
	readonly fix: string;
	/** `declined`: the person said no. `failed`: it ran, and the check still fails. */
	readonly outcome: 'repaired' | 'declined' | 'failed';
}

/** Repairs what can be repaired; answers what was tried. */
export async function repair(
	session: Session,
	world: DoctorWorld,
	findings: readonly Finding[],
): Promise<readonly Repair[]> {
	const { context, out } = session;
	const repairs: Repair[] = [];
	for (const { id, status, says, fix } of findings) {
		if (status !== 'fail' || fix === undefined || /(?:^|&& |; )(?:export|unset) /.test(fix)) continue;
		out.message(`${id}: ${plain(says).split('\n', 1)[0]}`);
		if (!(await session.confirm(`Run \`${fix}\`?`))) {
			repairs.push({ id, fix, outcome: 'declined' });
			continue;
		}
		const code = await context.programs.run(['sh', '-c', fix], { cwd: context.cwd });
		const [again] = await examine(session, world, id);
		const isMended = code === 0 && again?.status !== 'fail';
		out.message(isMended ? '  mended' : `  not mended: it ended with ${code}, and now ${plain(again?.says ?? '')}`);
		repairs.push({ id, fix, outcome: isMended ? 'repaired' : 'failed' });
	}
	return repairs;
}
