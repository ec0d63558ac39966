/**
 * What this person was last shown of each item's change: an approval is bound to it, so that nobody approves what they
 * have not seen. Kept in the state folder, 0600, written whole or not at all; at most the 500 newest.
 */

import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Binding } from '../../shared/operations/index.ts';
import { bindingSchema } from '../../shared/operations/item-views.ts';
import { writeWhole } from '../../shared/ports/system/whole-file.ts';
import type { Session } from './session.ts';

const shownSchema = z.array(z.object({ item: z.string(), binding: bindingSchema, at: z.number() }));
const shownMax = 500;

/** The binding that was last shown for the item (project id and key), null when none was. */
export async function lastShown(session: Session, project: string, key: string): Promise<Binding | null> {
	const all = await readShown(session);
	return all.find(({ item }) => item === `${project}/${key}`)?.binding ?? null;
}

export async function rememberShown(session: Session, project: string, key: string, binding: Binding): Promise<void> {
	const { state, context } = session;
	const item = `${project}/${key}`;
	const others = (await readShown(session)).filter((one) => one.item !== item);
	const all = [...others, { item, binding, at: context.clock.now() }].slice(-shownMax);
	await mkdir(dirname(state.shown), { recursive: true, mode: 0o700 });
	await writeWhole(state.shown, `${JSON.stringify(all)}\n`);
}

/** A file that cannot be read counts as nothing shown: the person looks again. */
async function readShown(session: Session): Promise<z.output<typeof shownSchema>> {
	try {
		return shownSchema.parse(JSON.parse(await readFile(session.state.shown, 'utf8')));
	} catch {
		return [];
	}
}
