/** Runs the commands of `gangline git`. */
import type { Input, Result } from '../../shared/operations/index.ts';
import { plainLine } from './output.ts';
import { readSecret } from './secret.ts';
import type { Session } from './session.ts';

export async function checkGit(session: Session, named: string | undefined): Promise<number> {
	const { findProject } = await import('./find-project.ts');
	const { context, options, state } = session;
	const { programs, interrupted } = context;
	const wanted = { state, programs, interrupted, named: named ?? options.project, cwd: context.cwd };
	const { project, asked } = await findProject(wanted);
	const check = await asked.call('project.checkGit', { project: project.id });
	session.out.result(check, () => checkText(check));
	return check.ok ? 0 : 1;
}

function checkText({ identity, remote, push, needed, next }: Result<'project.checkGit'>): string {
	const who =
		identity === null
			? 'nobody: git does not know who commits here'
			: `${identity.name} <${identity.email}>, said by the ${identity.from}`;
	return [
		`commits  ${plainLine(who)}`,
		`remote   ${plainLine(`${remote.name} ${remote.url ?? ''}`.trim())}`,
		`push     ${plainLine(push.words)}${needed ? '' : ' (landings of this project are not pushed)'}`,
		...next.map((line) => `→ ${plainLine(line)}`),
	].join('\n');
}

export async function makeKey(session: Session, name: string, hostKey: string | undefined): Promise<number> {
	const gateway = await session.gateway();
	const ask = (key: string | undefined) =>
		gateway.call('container.gitKey', { name, ...(key === undefined ? {} : { hostKey: key }) });
	let answer = await ask(hostKey);
	const [first] = answer.offered;
	if (answer.state === 'hostUnknown' && first !== undefined && session.mayAsk) {
		session.out.message(plainLine(answer.answer));
		const question = `Is ${first.fingerprint} what ${answer.host} publishes? It is pinned then`;
		if (await session.confirm(question)) answer = await ask(first.fingerprint);
	}
	session.out.result(answer, () => told(answer));
	return answer.state === 'ready' ? 0 : 4;
}

export async function keepToken(session: Session, name: string, user: string | undefined): Promise<undefined> {
	const token = await readSecret(session, `gangline git token ${name}`);
	const gateway = await session.gateway();
	const answer = await gateway.call('container.gitToken', { name, token, ...(user === undefined ? {} : { user }) });
	session.out.result(answer, () => told(answer));
	return undefined;
}

export async function setIdentity(session: Session, asked: Input<'container.gitIdentity'>): Promise<undefined> {
	const answer = await (await session.gateway()).call('container.gitIdentity', asked);
	session.out.result(answer, () => told(answer));
	return undefined;
}

export async function forget(session: Session, name: string): Promise<undefined> {
	const answer = await (await session.gateway()).call('container.gitForget', { name });
	session.out.result(answer, () => told(answer));
	return undefined;
}

function told({ answer, next }: { readonly answer: string; readonly next: readonly string[] }): string {
	return [plainLine(answer), ...next.map((line) => `→ ${plainLine(line)}`)].join('\n');
}
