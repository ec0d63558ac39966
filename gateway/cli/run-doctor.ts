/**
 * Runs every check of `gangline doctor`, each by itself: one that cannot be made says so and stops no other. Changes
 * nothing on the machine.
 */
import { inspectRepository, type RepositoryFacts, readCheckoutTree } from '../../shared/git/index.ts';
import { errorKinds, GanglineError } from '../../shared/ports/errors.ts';
import { parseProjectConfig, projectConfigPath } from '../../shared/project/index.ts';
import type { Check, CheckResult, Patient } from './doctor-check.ts';
import { proveLogins } from './doctor-login.ts';
import { machineChecks } from './doctor-machine.ts';
import { meshChecks } from './doctor-mesh.ts';
import { projectChecks } from './doctor-project.ts';
import { stateChecks } from './doctor-state.ts';
import type { DoctorWorld } from './doctor-world.ts';
import { indent, plain } from './output.ts';
import type { Session } from './session.ts';

export type Finding = CheckResult & { readonly id: string };

const checks: readonly Check[] = [...machineChecks, ...stateChecks, ...meshChecks, ...projectChecks];
/** Costs money, so only when asked for. */
const loginsCheck: Check = { id: 'logins', run: proveLogins };

export interface DoctorOptions {
	readonly repair: boolean;
	/** Whether each agent's login is proved with a request. */
	readonly asksAgents: boolean;
}

/** Prints all findings, those after a repair where one was asked for; the exit code says whether something is unfit. */
export async function runDoctor(
	session: Session,
	world: DoctorWorld,
	options: DoctorOptions = { repair: false, asksAgents: false },
): Promise<number> {
	let findings = await examine(session, world);
	if (options.repair) {
		const { repair } = await import('./repair.ts');
		const repairs = await repair(session, world, findings);
		if (repairs.some(({ outcome }) => outcome !== 'declined')) findings = await examine(session, world);
	}
	if (options.asksAgents) findings = [...findings, ...(await examine(session, world, loginsCheck.id))];
	const failed = findings.filter(({ status }) => status === 'fail').length;
	session.out.result({ ok: failed === 0, checks: findings }, () => describe(session, findings));
	return failed === 0 ? 0 : errorKinds.UNSUITABLE_MACHINE.exit;
}

/** All checks but the one that costs money, or the one of that name. */
export async function examine(session: Session, world: DoctorWorld, only?: string): Promise<readonly Finding[]> {
	const patient = await admit(session, world);
	const wanted = [...checks, loginsCheck].filter(({ id }) =>
		only === undefined ? id !== loginsCheck.id : id === only,
	);
	return Promise.all(
		wanted.map(async ({ id, run }) => {
			const result = await run(patient).catch(
				(error: unknown): CheckResult => ({
					status: 'fail',
					says: `could not be checked: ${error instanceof Error ? error.message : String(error)}`,
				}),
			);
			return { id, ...result };
		}),
	);
}

async function admit(session: Session, world: DoctorWorld): Promise<Patient> {
	const { cwd, env } = session.context;
	const facts = await inspectRepository(cwd, env).catch((): RepositoryFacts => ({ kind: 'none', folder: cwd }));
	const repository = facts.kind === 'checkout' ? facts : null;
	const patient = { session, world, repository, config: null, configError: null };
	if (repository === null || repository.head.kind === 'unborn') return patient;
	const tree = await readCheckoutTree(repository.folder, env);
	const text = await tree.read(projectConfigPath);
	if (text === null) return patient;
	try {
		return { ...patient, config: parseProjectConfig(text) };
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		return { ...patient, configError: error.message };
	}
}

function describe(session: Session, findings: readonly Finding[]): string {
	const { paint } = session.out;
	const marks = { ok: paint('green', 'ok  '), warn: paint('yellow', 'warn'), fail: paint('red', 'FAIL') };
	const width = Math.max(...findings.map(({ id }) => id.length));
	const lines = findings.flatMap((finding) => {
		const [first = '', ...rest] = plain(finding.says).split('\n');
		const more = [...rest, ...remedy(finding)];
		const line = `${marks[finding.status]}  ${finding.id.padEnd(width)}  ${first}`;
		return more.length === 0 ? [line] : [line, indent(indent(indent(more.join('\n'))))];
	});
	const count = (status: CheckResult['status']): number =>
		findings.filter((finding) => finding.status === status).length;
	return [...lines, '', `${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failures`].join('\n');
}

function remedy({ fix, advice }: CheckResult): string[] {
	if (fix !== undefined) return [`→ ${fix}`];
	return advice === undefined ? [] : [`→ ${advice}`];
}
