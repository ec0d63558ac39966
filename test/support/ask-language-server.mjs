/**
 * Runs inside a container, on the Node.js of the image: starts a language server, opens a file and asks where the word
 * at a place is defined, until it says what is expected: at first it has not read the project yet, and answers less. One
 * argument: the question as JSON.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { command, language, file, at, is } = JSON.parse(process.argv[2]);
const folder = process.cwd();
const uri = pathToFileURL(`${folder}/${file}`).href;
const giveUpMs = 120_000;
const askAgainMs = 500;

const server = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
server.on('exit', (code) => fail(`the language server ended with exit code ${code}`));
let said = 'nothing';
setTimeout(() => fail(`within ${giveUpMs / 1000} s it said ${said}, expected ${is}`), giveUpMs);

let last = 0;
const waiting = new Map();
let rest = Buffer.alloc(0);
server.stdout.on('data', (piece) => {
	rest = Buffer.concat([rest, piece]);
	for (;;) {
		const head = rest.indexOf('\r\n\r\n');
		if (head < 0) return;
		const length = Number(/content-length: *(\d+)/i.exec(rest.toString('latin1', 0, head))[1]);
		if (rest.length < head + 4 + length) return;
		take(JSON.parse(rest.toString('utf8', head + 4, head + 4 + length)));
		rest = rest.subarray(head + 4 + length);
	}
});

function take(message) {
	if (message.method !== undefined && message.id !== undefined) {
		// It asks us: there are no settings, and whatever it registers is registered.
		const result = message.method === 'workspace/configuration' ? message.params.items.map(() => null) : null;
		send({ id: message.id, result });
	} else if (message.id !== undefined) waiting.get(message.id)?.(message);
}

function send(message) {
	const text = JSON.stringify({ jsonrpc: '2.0', ...message });
	server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

function ask(method, params) {
	last += 1;
	const id = last;
	send({ id, method, params });
	return new Promise((resolve) => waiting.set(id, resolve));
}

const rootUri = pathToFileURL(folder).href;
const capabilities = { workspace: { configuration: true, workspaceFolders: true } };
const folders = [{ uri: rootUri, name: 'check' }];
await ask('initialize', { processId: process.pid, rootUri, capabilities, workspaceFolders: folders });
send({ method: 'initialized', params: {} });
const text = readFileSync(file, 'utf8');
send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: language, version: 1, text } } });
for (;;) {
	const position = { line: at[0], character: at[1] };
	const { result } = await ask('textDocument/definition', { textDocument: { uri }, position });
	const [first] = Array.isArray(result) ? result : [result];
	if (first) {
		const { line } = (first.targetSelectionRange ?? first.range).start;
		said = `${decodeURIComponent(first.targetUri ?? first.uri).slice(rootUri.length + 1)}:${line}`;
		if (said === is) process.exit(0);
	}
	await new Promise((resolve) => setTimeout(resolve, askAgainMs));
}

function fail(why) {
	console.error(why);
	process.exit(1);
}
