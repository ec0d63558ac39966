/**
 * The hook that an agent's commits run where the project asks for it: gates that are marked `pre_commit`, as main has
 * them, so that a coder hears of a failure before its session ends. Pure; it decides nothing, the system judges the
 * commit in any case. The hook runs as the agent's own process: it sees and may do no more than the agent, has no
 * terminal and no input to wait for, and lies where the agent cannot write, so that no other command gets into it.
 */
import type { GateConfig, ProjectConfig } from '../../shared/project/index.ts';
import { shellCommand } from './command-run.ts';

/** A tool call of an agent that commits lasts no longer; what takes more is left to the system. */
const hookSecondsMax = 90;

/** The gates that are tried before a commit. */
export function hookGates({ gate }: Pick<ProjectConfig, 'gate'>): readonly GateConfig[] {
	return gate.filter(({ pre_commit: isHook }) => isHook);
}

/** The text of the hook `pre-commit` for the clone of an item. */
export function preCommitHook(
	config: Pick<ProjectConfig, 'gate'>,
	{ clone, shellPath }: { readonly clone: string; readonly shellPath: string },
): string {
	const gates = hookGates(config);
	return `#!/bin/sh
# Written by Gangline: the fast gates of this project, tried before a commit. Its own gates judge the commit later.
exec </dev/null 1>&2
# A repository that a test makes inside of ours is nobody's business.
[ "$(git rev-parse --show-toplevel 2>/dev/null)" -ef ${word(clone)} ] || exit 0
# What git sets for a hook would lead the git of a gate here.
unset $(git rev-parse --local-env-vars)
export CI=1
began=$(date +%s)
try() {
	name=$1 limit=$2
	shift 2
	left=$((${hookSecondsMax} - $(date +%s) + began))
	[ "$left" -gt 0 ] || left=1
	[ "$limit" -le "$left" ] || limit=$left
	timeout -k 3 "$limit" "$@"
	code=$?
	case $code in
	0) return 0 ;;
	124 | 137) echo "gangline: the gate $name was not done in time: it is left to the system" ;;
	126 | 127) echo "gangline: the gate $name could not be run here: it is left to the system" ;;
	*)
		echo "gangline: nothing was committed, because the gate $name failed (it ended with $code); its output is above"
		exit 1
		;;
	esac
}
${gates.map((gate) => call(gate, shellPath)).join('\n')}
exit 0
`;
}

function call({ name, command, timeout_seconds: seconds }: GateConfig, shellPath: string): string {
	return ['try', word(name), String(seconds), ...shellCommand(shellPath, command).map(word)].join(' ');
}

/** One word of a shell, whatever is in it. */
function word(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}
