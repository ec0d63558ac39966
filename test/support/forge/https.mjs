// A forge's https: git's own http-backend behind one login. Says on stdout who pushed, and who was turned away.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [folder = '', user = '', token = ''] = process.argv.slice(2);
const login = `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
const tls = { key: readFileSync(`${folder}/tls.key`), cert: readFileSync(`${folder}/tls.crt`) };

createServer(tls, (request, response) => {
	const { pathname, searchParams } = new URL(request.url ?? '/', 'https://forge');
	if (request.headers.authorization !== login) {
		console.log(`https turned away ${request.headers.authorization === undefined ? 'nobody' : 'a wrong login'}`);
		response.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end();
		return;
	}
	if (request.method === 'POST' && pathname.endsWith('/git-receive-pack')) console.log(`https push by ${user}`);
	const backend = spawn('git', ['http-backend'], {
		stdio: ['pipe', 'pipe', 'inherit'],
		env: {
			...process.env,
			GIT_PROJECT_ROOT: folder,
			GIT_HTTP_EXPORT_ALL: '1',
			REMOTE_USER: user,
			REQUEST_METHOD: request.method,
			PATH_INFO: pathname,
			QUERY_STRING: searchParams.toString(),
			CONTENT_TYPE: request.headers['content-type'] ?? '',
			HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
			GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
		},
	});
	request.pipe(backend.stdin);
	const pieces = [];
	backend.stdout.on('data', (piece) => pieces.push(piece));
	backend.once('close', () => {
		const whole = Buffer.concat(pieces);
		const end = whole.indexOf('\r\n\r\n');
		const headers = whole
			.toString('latin1', 0, end)
			.split('\r\n')
			.map((line) => line.split(': '));
		const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
		response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
		response.end(whole.subarray(end + 4));
	});
}).listen(443);
