/**
 * A project on a stranger's machine whose agent is a small program that speaks as `claude` does: what it does is a shell
 * function of the test, which finds its prompt in `$PROMPT`. Every prompt is kept, numbered, in the home.
 */
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeWorld, type World } from './world.ts';

export interface AgentShop {
	readonly world: World;
	readonly repository: string;
	/** Everything that a session was told, oldest first. */
	prompts(): readonly string[];
	[Symbol.asyncDispose](): Promise<void>;
}

export interface ShopOptions {
	readonly files: Readonly<Record<string, string>>;
	/** The body of a shell script; `save MESSAGE` commits everything, `spend USD` is what the session cost; 3 is its stdout. */
	readonly agent: string;
	/** More of the project file. */
	readonly settings: string;
	readonly review?: 'human' | 'server';
	readonly gates?: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
	/** Called before `start`, in the committed repository. */
	readonly before?: (world: World, repository: string) => Promise<void>;
}

/** Initialised, started, and with the settings on main. */
export async function openAgentShop(options: ShopOptions): Promise<AgentShop> {
	const world = makeWorld(options.env);
	const bin = join(world.folder, 'bin');
	const told = join(world.home, 'told');
	mkdirSync(bin);
	mkdirSync(told);
	writeFileSync(join(bin, 'claude'), program(options.agent));
	chmodSync(join(bin, 'claude'), 0o755);
	Object.assign(world.env, { PATH: `${bin}:${process.env.PATH}`, ANTHROPIC_API_KEY: 'key-of-the-test' });
	const repository = world.repository('shop', options.files);
	const gates = (options.gates ?? []).flatMap((gate) => ['--gate', gate]);
	await world.ok(repository, 'init', '--yes', '--no-input', '--review', options.review ?? 'human', ...gates);
	appendFileSync(join(repository, '.gangline', 'project.toml'), `\n${options.settings}\n`);
	world.git(repository, 'commit', '-q', '-am', 'Say who works here');
	await options.before?.(world, repository);
	await world.ok(repository, 'start');
	return {
		world,
		repository,
		prompts: () =>
			readdirSync(told)
				.sort((a, b) => Number(a) - Number(b))
				.map((name) => readFileSync(join(told, name), 'utf8')),
		[Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
	};
}

function program(body: string): string {
	return `#!/bin/sh
[ "$1" = --version ] && { echo 2.1.329; exit 0; }
IFS= read -r line
PROMPT=$(printf '%s' "$line" | node -e '
let told = ""; process.stdin.on("data", (piece) => { told += piece; });
process.stdin.on("end", () => process.stdout.write(JSON.parse(told).message.content.map(({ text }) => text).join("")));')
count=$(ls "$HOME/told" | wc -l)
printf '%s' "$PROMPT" > "$HOME/told/$((count + 1))"
cost=0
say() { printf '%s\\n' "$1"; }
save() { git add -A && git commit -q -m "$1"; }
spend() { cost=$1; }
asked() { case "$PROMPT" in *"$1"*) return 0 ;; *) return 1 ;; esac; }
say '{"type":"system","subtype":"init","cwd":"x","session_id":"61d4","tools":["Bash"],"mcp_servers":[],"model":"m","permissionMode":"bypassPermissions"}'
{ ${body}
} 3>&1 >&2
say '{"is_error":false,"subtype":"success","type":"result","num_turns":1,"result":"Done.","session_id":"61d4","total_cost_usd":'$cost',"usage":{"input_tokens":3000,"output_tokens":126},"api_error_status":null,"terminal_reason":"completed"}'
`;
}
