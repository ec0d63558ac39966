/**
 * Scripts in a fence, as a program of an ordinary user: whoever has root's rights reads what the kernel counts as
 * measuring, variables of other processes among it. `FOLDER SCRIPT …` prints what each said and how it ended, as JSON.
 */
import { join } from 'node:path';
import { createProcesses } from '../../node/agents/processes/index.ts';

const [folder = '', ...scripts] = process.argv.slice(2);
const processes = await createProcesses({
	...{ scope: `fence-${process.pid}`, anchors: ['marker'], stage: join(folder, 'stage') },
	...{ mayFence: true, withoutNamespaces: true },
});
const said: string[] = [];
for (const [index, script] of scripts.entries()) {
	let text = '';
	const started = processes.start({
		...{ id: `fenced-${index}`, argv: ['sh', '-c', script, 'sh', folder, `${process.pid}`] },
		cwd: join(folder, 'state/clone'),
		env: { PATH: '/usr/bin:/bin' },
		confinement: {
			hidden: [join(folder, 'state')],
			readOnly: [join(folder, 'source'), join(folder, 'state/objects')],
			writable: [join(folder, 'state/clone')],
		},
		onOutput: (_stream, bytes) => {
			text += Buffer.from(bytes).toString();
		},
	});
	const end = await started.exited;
	await started.stop(0);
	said.push(`${text}${end.kind === 'code' ? end.code : JSON.stringify(end)}`);
}
process.stdout.write(JSON.stringify({ confines: processes.confines, said }));
