/** What a swarm says of the tries to run a service: a task each, of which it keeps the last few. */
import { z } from 'zod';

const taskSchema = z.object({
	ID: z.string(),
	CreatedAt: z.string(),
	NodeID: z.string().nullish(),
	Status: z.object({
		State: z.string(),
		Timestamp: z.string(),
		/** Why it does not run, or not yet. */
		Err: z.string().nullish(),
		ContainerStatus: z.object({ ContainerID: z.string().nullish(), ExitCode: z.int().nullish() }).nullish(),
	}),
});
export const tasksSchema = z.array(taskSchema);
export type Task = z.output<typeof taskSchema>;

/** Those that ended by themselves or could not begin, the last one last. */
export function failuresOf(tasks: readonly Task[]): readonly Task[] {
	return inOrder(tasks).filter(({ Status: { State } }) => State === 'failed' || State === 'rejected');
}

export function newestOf(tasks: readonly Task[]): Task | undefined {
	return inOrder(tasks).at(-1);
}

function inOrder(tasks: readonly Task[]): readonly Task[] {
	return [...tasks].sort((a, b) => (a.CreatedAt < b.CreatedAt ? -1 : 1));
}
