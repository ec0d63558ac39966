/**
 * Ends the parts of a node one after the other, each whatever became of those before it: a part that cannot be ended must
 * not keep the agents, ports and locks of the others alive.
 */

/** @throws what the first of them threw, when all were tried */
export async function endAll(ends: readonly (() => Promise<unknown>)[]): Promise<void> {
	const failed: unknown[] = [];
	for (const end of ends) await end().catch((error: unknown) => failed.push(error));
	if (failed.length > 0) throw failed[0];
}
