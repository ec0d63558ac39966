/** What a gateway answers about projects in containers, as far as the command line can tell. */
import type { ContainerView, Handlers } from '../../shared/operations/index.ts';

export const myapp: ContainerView = {
	name: 'myapp',
	on: null,
	asleep: false,
	project: '01JZ0000000000000000000APP',
	path: '/home/you/myapp',
	stack: 'node',
	agents: ['claude-code'],
	others: [],
	state: 'running',
	words: 'it runs, its node is connected',
	steps: [{ name: 'check', state: 'done', words: 'the engine answers', tookMs: 12 }],
	image: 'gangline/project:node-0123456789abcdef',
	container: '0123456789abcdef',
	connected: true,
	ports: [],
	devcontainer: null,
	limits: { cpus: 2, memory: 4 * 1024 ** 3, pids: 2048 },
	diskUsed: null,
	idleStopMs: null,
	ssh: {
		user: 'ada',
		port: 22_200,
		key: '/state/gateway/containers/myapp/id_ed25519',
		knownHosts: '/state/gateway/containers/myapp/known_hosts',
		alias: 'gangline-myapp',
		hostKey: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${'A'.repeat(48)}`,
	},
	log: '/state/gateway/containers/myapp/make.log',
	changedAt: 0,
	next: ['gangline status -p myapp'],
};

export function tinyContainers(): Partial<Handlers> {
	const answered = async () => ({ container: myapp, answer: 'myapp is there' });
	const told = async () => ({ answer: 'myapp is changed', next: ['gangline git check myapp'] });
	return {
		'container.create': answered,
		'container.rebuild': answered,
		'container.start': answered,
		'container.stop': answered,
		'container.limits': answered,
		'container.idleStop': answered,
		'container.list': async () => ({ containers: [myapp] }),
		'container.show': async () => ({ container: myapp }),
		'container.remove': async () => ({
			answer: 'myapp is gone from here',
			gone: ['its container'],
			stays: ['its source'],
		}),
		'project.checkGit': async () => ({
			identity: { name: 'Ada', email: 'ada@example.org', from: 'host' },
			remote: { name: 'origin', url: 'git@example.org:you/shop.git', credential: 'deploy key' },
			...{ needed: true, ok: true, answer: 'origin takes a push', next: [] },
			push: { state: 'granted', words: 'origin takes a push with its deploy key' },
		}),
		'container.gitKey': async () => ({
			...{ state: 'ready', publicKey: 'ssh-ed25519 AAAA', host: 'example.org', offered: [] },
			...{ answer: 'myapp pushes with a key of its own', next: ['gangline git check myapp'] },
		}),
		'container.gitToken': told,
		'container.gitIdentity': told,
		'container.gitForget': told,
		'container.prune': async ({ dryRun }) => ({
			things: [{ kind: 'image', name: 'gangline/project:old', bytes: 3_000_000, on: null }],
			removed: !dryRun,
			answer: dryRun ? '1 thing would be removed' : '1 thing removed',
		}),
	};
}
