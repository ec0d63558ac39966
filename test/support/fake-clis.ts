/**
 * Small programs named `claude` and `codex` that speak the real formats (recorded lines) and do what the prompt says
 * after `FAKE:`: commit, edit without a commit, hit a limit, fall silent, crash. Each counts its starts in `$HOME`.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const common = `
count=$(cat "$HOME/count" 2>/dev/null || echo 0); count=$((count + 1)); echo $count > "$HOME/count"
env > "$HOME/env.$count"
printf '%s' "$prompt" > "$HOME/prompt.$count"
edit() { echo "change $count" >> work.txt; }
save() { edit; git add -A && git commit -q -m "agent: change $count"; }
`;

const claude = `#!/bin/sh
printf '%s\\n' "$@" > "$HOME/args"
read -r line
prompt=$(printf '%s' "$line" | sed -e 's/.*"text":"//' -e 's/"}\\]},"parent_tool_use_id.*//' -e 's/\\\\n/\\n/g' -e 's/\\\\"/"/g')
${common}
say() { printf '%s\\n' "$1"; }
init() { say '{"type":"system","subtype":"init","cwd":"x","session_id":"61d4","tools":["Bash"],"mcp_servers":[],"model":"claude-opus-5-5","permissionMode":"bypassPermissions"}'; }
turn() { say '{"type":"assistant","message":{"id":"msg_'$1'","role":"assistant","model":"claude-opus-5-5","content":[{"type":"tool_use","id":"toolu_1","name":"Read","input":{"file_path":"'$2'"}}],"usage":{"input_tokens":1000,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"61d4"}'; }
done_() { say '{"is_error":false,"subtype":"success","type":"result","num_turns":3,"result":"Done.","session_id":"61d4","total_cost_usd":0.0177,"usage":{"input_tokens":3000,"output_tokens":126},"api_error_status":null,"terminal_reason":"completed"}'; }
failed() { say '{"type":"result","subtype":"success","is_error":true,"api_error_status":'$1',"terminal_reason":"api_error","result":"API Error '$1'","session_id":"61d4","total_cost_usd":0,"usage":{"input_tokens":0,"output_tokens":0}}'; }
# With the tools that it was given, as a model would; the answer is noted.
ask_person() { node -e '
const { readFileSync, writeFileSync } = require("fs");
const { url, headers } = JSON.parse(readFileSync(process.argv[1], "utf8")).mcpServers.gangline;
const params = { name: "ask_person", arguments: { question: "Tea or coffee?" } };
const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
const types = { "content-type": "application/json", accept: "application/json, text/event-stream" };
fetch(url, { method: "POST", headers: { ...headers, ...types }, body })
	.then((answer) => answer.text())
	.then((text) => writeFileSync(process.env.HOME + "/person", text));' "$(grep -A1 -x -e --mcp-config "$HOME/args" | tail -1)"; }
# Who goes on after an interruption asks; only who never commits is the same as before.
case "$prompt" in *FAKE:never*) : > "$HOME/never" ;; esac
[ -e "$HOME/never" ] && prompt="$prompt FAKE:never"
case "$prompt" in
*FAKE:never*) init; edit; done_ ;;
*FAKE:commit*) init; turn 1 a.txt; echo 'no json at all'; save; done_ ;;
*FAKE:lazy*) init; edit; (echo > "$(git config core.hooksPath)/pre-commit"); git add -A; git commit -q -m lazy; done_ ;;
*'was done and not committed'*) init; save; done_ ;;
*FAKE:edit*) init; edit; done_ ;;
*FAKE:asks*|*'were interrupted'*)
	init; turn 1 a.txt
	say '{"type":"control_request","request_id":"q'$count'","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"curl https://example.org/'$count'"}}}'
	read -r answer; printf '%s' "$answer" > "$HOME/answer.$count"
	case "$answer" in *allow*) save ;; esac; done_ ;;
*FAKE:hears*) init; turn 1 a.txt; echo waits > "$HOME/waits"; read -r words; printf '%s' "$words" > "$HOME/heard"; save; done_ ;;
*FAKE:person*) init; ask_person; save; done_ ;;
*FAKE:nothing*) init; done_ ;;
*FAKE:logins*) init; ls "$CLAUDE_CONFIG_DIR/.." > "$HOME/logins"; save; done_ ;;
*FAKE:limit*) init; say '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":2000000000,"rateLimitType":"five_hour"}}'; failed 429; exit 1 ;;
*FAKE:login*) init; say '{"type":"assistant","error":"authentication_failed","message":{"id":"m","model":"<synthetic>","content":[{"type":"text","text":"Not logged in"}]}}'; failed null; exit 1 ;;
*FAKE:root*) echo '--dangerously-skip-permissions cannot be used with root/sudo privileges' >&2; exit 1 ;;
*FAKE:late*) [ $count -lt 3 ] && { echo 'being installed' >&2; exit 7; }; init; save; done_ ;;
*FAKE:silent*) init; sleep 600; : ;;
*FAKE:turns*) init; edit; for i in 1 2 3 4 5 6 7 8 9; do turn $i b.txt; done; sleep 600; : ;;
*FAKE:flood*) init; head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; save; done_ ;;
*FAKE:orphan*) init; (setsid sh -c 'trap "" TERM; sleep 86399; :' >/dev/null 2>&1 &); save; done_ ;;
*) init; done_ ;;
esac
`;

const codex = `#!/bin/sh
prompt=$(cat)
printf '%s\\n' "$@" > "$HOME/args"
${common}
say() { printf '%s\\n' "$1"; }
say '{"type":"thread.started","thread_id":"01a1fbbe-1"}'
say '{"type":"item.completed","item":{"id":"item_0","type":"error","message":"Model metadata for mock-model not found."}}'
say '{"type":"turn.started"}'
case "$prompt" in
*FAKE:commit*)
	say '{"type":"item.started","item":{"id":"item_2","type":"command_execution","command":"/bin/bash -lc git","aggregated_output":"","exit_code":null,"status":"in_progress"}}'
	save
	say '{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"Committed."}}'
	say '{"type":"turn.completed","usage":{"input_tokens":3000,"cached_input_tokens":900,"output_tokens":126,"reasoning_output_tokens":15}}' ;;
*)
	say '{"type":"error","message":"Reconnecting... 1/5"}'
	say '{"type":"turn.failed","error":{"message":"high demand"}}'
	exit 1 ;;
esac
`;

/** Writes both programs into \`folder\`; put it in front of PATH. */
export function writeFakeClis(folder: string): string {
	mkdirSync(folder, { recursive: true });
	for (const [name, script] of Object.entries({ claude, codex })) {
		writeFileSync(join(folder, name), script);
		chmodSync(join(folder, name), 0o755);
	}
	return folder;
}
