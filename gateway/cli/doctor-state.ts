/** Checks of what Gangline itself keeps and runs on this machine: state folder, secrets, store, port, node. */

import { shellWord } from '../../shared/operations/shell-word.ts';
import { nodePortDefault } from '../../shared/project/index.ts';
import { readMark, storeSchema } from '../../shared/store/index.ts';
import { clientOf, findNode } from './client.ts';
import { type Check, type CheckResult, fail, ok, type Patient, warn } from './doctor-check.ts';
import { fileSystemOf, parseMounts } from './mounts.ts';

export const stateChecks: readonly Check[] = [
	{ id: 'state folder', run: checkFolder },
	{ id: 'secrets', run: checkSecrets },
	{ id: 'file system', run: checkFileSystem },
	{ id: 'store', run: checkStore },
	{ id: 'port', run: checkPort },
	{ id: 'node', run: checkRunning },
];

async function checkFolder({ world, session }: Patient): Promise<CheckResult> {
	const { root } = session.state;
	const found = await world.stat(root);
	if (found === null) return ok(`${root} is made at the first start`);
	if (!found.isFolder) return fail(`${root} is a file`, { advice: 'Move it away, or set GANGLINE_HOME.' });
	if (found.uid !== world.uid) {
		return fail(`${root} belongs to user ${found.uid}, not to you (${world.uid})`, {
			advice: `Use the account it belongs to, or set GANGLINE_HOME.`,
		});
	}
	if ((found.mode & 0o077) === 0) return ok(`${root}, for you alone`);
	return fail(`${root} is open to other users (${octal(found.mode)})`, { fix: `chmod 700 ${shellWord(root)}` });
}

async function checkSecrets({ world, session }: Patient): Promise<CheckResult> {
	const { identity, api, shown, mesh, gateway } = session.state;
	const open: string[] = [];
	for (const path of [identity, api, shown, mesh, gateway.identity, gateway.api]) {
		const found = await world.stat(path);
		if (found !== null && (found.mode & 0o077) !== 0) open.push(path);
	}
	if (open.length === 0) return ok('keys and tokens can be read by you alone');
	const fix = `chmod 600 ${open.map(shellWord).join(' ')}`;
	return fail(`other users may read ${open.join(', ')}`, { fix });
}

/** Locks and synced writes on a network file system cannot be trusted; one machine more and the store is damaged. */
async function checkFileSystem({ world, session }: Patient): Promise<CheckResult> {
	const folder = await world.real(session.state.root);
	const type = fileSystemOf(folder, parseMounts((await world.read('/proc/self/mountinfo')) ?? ''));
	if (type === null) return warn(`cannot tell on which file system ${folder} lies`);
	const isRemote = /^(?:nfs\d?|cifs|smb\d?|9p|afs|ceph|lustre|glusterfs|fuse\.(?:sshfs|glusterfs|s3fs|rclone))$/.test(
		type,
	);
	if (!isRemote) return ok(`${type} at ${folder}`);
	const local = `/var/tmp/gangline-${world.uid}`;
	return fail(`${folder} lies on ${type}, where locks and synced writes cannot be relied on`, {
		fix: `mkdir -p -m 700 ${local} && export GANGLINE_HOME=${local}`,
	});
}

async function checkStore({ session }: Patient): Promise<CheckResult> {
	const mark = readMark(`${session.state.store}/mark`);
	if (mark === undefined) return ok('no store yet');
	if (mark.schema <= storeSchema) return ok(`schema ${mark.schema}`);
	return fail(
		`the store in ${session.state.store} has schema ${mark.schema}; this gangline knows up to ${storeSchema}`,
		{
			advice: 'Install the newer Gangline that wrote it; nothing was touched.',
		},
	);
}

async function checkPort({ world, session }: Patient): Promise<CheckResult> {
	const port = Number(session.context.env.GANGLINE_PORT ?? nodePortDefault);
	const note = await findNode(session.state, session.context.programs);
	if (note !== null) return ok(`the node answers at ${note.url}`);
	if (!Number.isInteger(port) || port < 0 || port > 65_535) {
		return fail(`GANGLINE_PORT is ${JSON.stringify(session.context.env.GANGLINE_PORT)}; expected 0 to 65535`, {
			fix: 'unset GANGLINE_PORT',
		});
	}
	if ((await world.listen(port)) !== null) return ok(port === 0 ? 'any free port' : `${port} is free`);
	const free = await world.listen(0);
	return fail(`port ${port} of 127.0.0.1 is taken by another program`, { fix: `export GANGLINE_PORT=${free ?? 0}` });
}

async function checkRunning({ session }: Patient): Promise<CheckResult> {
	const note = await findNode(session.state, session.context.programs);
	if (note === null) return ok('not running; gangline start starts it');
	try {
		const status = await clientOf(note).call('node.status', {});
		const where = `pid ${status.pid}, version ${status.version}`;
		if (status.confines !== null) return warn(`runs (${where}), but does not confine agents: ${status.confines}`);
		return ok(`runs: ${where}`);
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		return fail(`pid ${note.pid} runs, but does not answer as it should: ${why}`, {
			fix: 'gangline stop; gangline start',
		});
	}
}

function octal(mode: number): string {
	return mode.toString(8).padStart(4, '0');
}
