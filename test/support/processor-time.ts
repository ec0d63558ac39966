/** Processor time of this process since `before`, in ms: what something costs, however busy the machine is. */
export function processorMsSince(before: NodeJS.CpuUsage): number {
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1000;
}
