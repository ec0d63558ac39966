/**
 * What a page's own thread does while something is done to it, from Chromium's tracing: the processor time of each of its
 * tasks. Frames by the clock would tell how busy the machine is.
 */
import type { Page } from 'playwright-core';
import { z } from 'zod';

const eventSchema = z.object({
	name: z.string(),
	pid: z.number(),
	tid: z.number(),
	/** Of the thread, in microseconds. */
	tdur: z.number().optional(),
	args: z.object({ name: z.unknown() }).partial().optional(),
});
type TraceEvent = z.output<typeof eventSchema>;

/** Less is not worth a look: a timer, a message. */
const taskMsMin = 1;

/** Tasks of the busiest page's thread while `act` runs, the shortest first. */
export async function mainThreadMs(page: Page, act: () => Promise<void>): Promise<readonly number[]> {
	const devtools = await page.context().newCDPSession(page);
	const events: TraceEvent[] = [];
	devtools.on('Tracing.dataCollected', ({ value }) => {
		for (const one of value) {
			const read = eventSchema.safeParse(one);
			if (read.success && isOfUse(read.data)) events.push(read.data);
		}
	});
	const isComplete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
	await devtools.send('Tracing.start', {
		transferMode: 'ReportEvents',
		traceConfig: { includedCategories: ['toplevel', 'disabled-by-default-devtools.timeline'] },
	});
	try {
		await act();
	} finally {
		// There is one trace for the whole browser: one that is left open would be in the way of the next.
		await devtools.send('Tracing.end');
		await isComplete;
		await devtools.detach();
	}
	const ofPages = events
		.filter(({ args }) => args?.name === 'CrRendererMain')
		.map(({ pid, tid }) => tasksOf(events, pid, tid));
	const busiest = ofPages.toSorted((a, b) => sum(b) - sum(a))[0];
	if (busiest === undefined || busiest.length === 0) throw new Error('the trace shows no task of a page');
	return busiest;
}

function isOfUse({ name, tdur }: TraceEvent): boolean {
	return name === 'thread_name' || (name.endsWith('RunTask') && tdur !== undefined);
}

function tasksOf(events: readonly TraceEvent[], pid: number, tid: number): readonly number[] {
	return events
		.filter((event) => event.pid === pid && event.tid === tid && event.tdur !== undefined)
		.map(({ tdur = 0 }) => tdur / 1000)
		.filter((ms) => ms >= taskMsMin)
		.toSorted((a, b) => a - b);
}

function sum(ms: readonly number[]): number {
	return ms.reduce((total, one) => total + one, 0);
}
