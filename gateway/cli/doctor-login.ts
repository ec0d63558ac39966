/**
 * Whether the logins of the agents work: one smallest request by each program, and what it cost. Only when asked for,
 * because it costs money. The program is run as an agent's would be, with the token that this machine keeps for it; what
 * it says is read as data, and what does not fit is no proof.
 */
import { z } from 'zod';
import { type AccountRuntime, type AgentConfig, loginPlaces, loginSecret } from '../../shared/project/index.ts';
import { type AccountEnvironment, accountEnvironment, accountsHere } from './agent-accounts.ts';
import { type CheckResult, fail, ok, type Patient } from './doctor-check.ts';

interface Proof {
	readonly program: string;
	readonly login: string;
	readonly argv: (agent: AgentConfig) => readonly [string, ...string[]];
	readonly read: (stdout: string) => Answer | null;
}

interface Answer {
	readonly isOk: boolean;
	/** USD; null where the program does not say it. */
	readonly costUsd: number | null;
	readonly inputTokens: number;
	readonly outputTokens: number;
	/** Why it is not. */
	readonly message: string;
}

const question = 'Answer with the one word ok.';
const proofMsMax = 120_000;

const proofs: Readonly<Record<AccountRuntime, Proof>> = {
	'claude-code': {
		program: 'claude',
		login: 'gangline agent login claude',
		argv: ({ model }) => [
			...(['claude', '-p', question, '--output-format', 'json', '--max-turns', '1'] as const),
			...(model === undefined ? [] : ['--model', model]),
		],
		read: readClaude,
	},
	codex: {
		program: 'codex',
		login: 'gangline agent login codex',
		argv: ({ model }) => [
			...(['codex', 'exec', '--json', '--skip-git-repo-check', '--sandbox', 'read-only'] as const),
			...(model === undefined ? [] : ['--model', model]),
			question,
		],
		read: readCodex,
	},
};

/** One request for each program, account and model of the project's agents. */
export async function proveLogins(patient: Patient): Promise<CheckResult> {
	const said: string[] = [];
	const proved = new Set<string>();
	const kept = await keptSecrets(patient);
	for (const agent of patient.config?.agent ?? []) {
		const { runtime, accounts, model = '' } = agent;
		if (runtime !== 'claude-code' && runtime !== 'codex') continue;
		for (const login of await loginsHere(patient, { runtime, accounts, kept })) {
			const name = `${runtime} ${model} ${login.account ?? ''}`;
			if (proved.has(name)) continue;
			proved.add(name);
			const result = await prove(patient, agent, { ...proofs[runtime], ...login });
			if (result.status !== 'ok') return result;
			said.push(result.says);
		}
	}
	return ok(said.length === 0 ? 'no agent here has a login that could be tried' : said.join(', '));
}

interface LoginHere {
	/** Null: the program's own. */
	readonly account: string | null;
	readonly env: AccountEnvironment;
}

/** What an agent may use of this machine: its accounts that are here, or the program's own login. */
async function loginsHere(
	{ world, session }: Patient,
	asked: {
		readonly runtime: AccountRuntime;
		readonly accounts: readonly string[];
		readonly kept: ReadonlyMap<string, string>;
	},
): Promise<readonly LoginHere[]> {
	const { runtime, accounts, kept } = asked;
	const { tokenVariable } = loginPlaces[runtime];
	const tokenOf = (name: string): AccountEnvironment => {
		const token = kept.get(name);
		return token === undefined ? {} : { [tokenVariable]: token };
	};
	if (accounts.length === 0) {
		// A variable of the person's own goes before what is kept.
		return [{ account: null, env: session.context.env[tokenVariable] ? {} : tokenOf(tokenVariable) }];
	}
	const here = await accountsHere(session, world, { runtime, accounts, kept: new Set(kept.keys()) });
	return here.map((account) => ({
		account,
		env: { ...accountEnvironment(session, runtime, account), ...tokenOf(loginSecret(runtime, account)) },
	}));
}

async function prove({ world }: Patient, agent: AgentConfig, proof: Proof & LoginHere): Promise<CheckResult> {
	const { account, env } = proof;
	const program = account === null ? proof.program : `${proof.program} (${account})`;
	const login = account === null ? proof.login : `${proof.login} --account ${account}`;
	const run = await world.run(proof.argv(agent), { env, timeoutMs: proofMsMax });
	if (run.timedOut) return fail(`${program} did not answer within ${proofMsMax / 1000} s`, { fix: login });
	const answer = proof.read(run.stdout);
	if (answer?.isOk && run.code === 0) return ok(`${program} answered, for ${costWords(answer, agent)}`);
	const why = answer?.message || run.stderr.trim().split('\n').at(-1) || `it ended with ${run.code ?? 'no exit code'}`;
	return fail(`${program} was not answered: ${why}`, { fix: login });
}

function costWords({ costUsd, inputTokens, outputTokens }: Answer, agent: AgentConfig): string {
	if (costUsd !== null) return `$${costUsd.toFixed(4)}`;
	const { usd_per_million_input_tokens: input, usd_per_million_output_tokens: output = input } = agent;
	if (input === undefined || output === undefined) return `${inputTokens + outputTokens} tokens`;
	return `about $${((inputTokens * input + outputTokens * output) / 1_000_000).toFixed(4)}`;
}

/** What `gangline agent login --token` and `gangline secret set` have kept on this machine, by name. */
async function keptSecrets({ world, session }: Patient): Promise<ReadonlyMap<string, string>> {
	const kept = secretsSchema.safeParse(jsonOf((await world.read(session.state.secrets)) ?? '{}'));
	return new Map(Object.entries(kept.success ? kept.data : {}).map(([name, { value }]) => [name, value]));
}

const usageSchema = z.object({ input_tokens: z.number().default(0), output_tokens: z.number().default(0) });

function tokensOf(usage?: z.output<typeof usageSchema>): Pick<Answer, 'inputTokens' | 'outputTokens'> {
	return { inputTokens: usage?.input_tokens ?? 0, outputTokens: usage?.output_tokens ?? 0 };
}

const secretsSchema = z.record(z.string(), z.object({ value: z.string() }));

const claudeSchema = z.object({
	is_error: z.boolean(),
	total_cost_usd: z.number().optional(),
	result: z.string().optional(),
	errors: z.array(z.string()).optional(),
	usage: usageSchema.optional(),
});

function readClaude(stdout: string): Answer | null {
	const parsed = claudeSchema.safeParse(jsonOf(stdout));
	if (!parsed.success) return null;
	const { is_error: isError, total_cost_usd: costUsd = null, usage, result, errors } = parsed.data;
	return { isOk: !isError, costUsd, ...tokensOf(usage), message: result ?? errors?.[0] ?? '' };
}

const codexSchema = z.object({
	type: z.enum(['turn.completed', 'turn.failed']),
	usage: usageSchema.optional(),
	error: z.object({ message: z.string() }).optional(),
});

function readCodex(stdout: string): Answer | null {
	for (const line of stdout.split('\n').toReversed()) {
		const parsed = codexSchema.safeParse(jsonOf(line));
		if (!parsed.success) continue;
		const { type, usage, error } = parsed.data;
		return { isOk: type === 'turn.completed', costUsd: null, ...tokensOf(usage), message: error?.message ?? '' };
	}
	return null;
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
