/** docker/compose.yaml, read by what of compose's schema it uses: a key that is none of it is a mistake. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export const clone = fileURLToPath(new URL('../..', import.meta.url));
/** The parser that the build's own tools have. */
const yaml = createRequire(createRequire(import.meta.url).resolve('vite/package.json'))('yaml') as {
	parse(text: string): unknown;
};

const bind = z.strictObject({
	type: z.literal('bind'),
	source: z.string(),
	target: z.string().startsWith('/'),
	read_only: z.boolean().default(false),
	bind: z.strictObject({ create_host_path: z.literal(false) }).optional(),
});
const schema = z.strictObject({
	name: z.string(),
	services: z.strictObject({
		gateway: z.strictObject({
			image: z.string(),
			working_dir: z.string(),
			command: z.array(z.string()),
			user: z.string(),
			network_mode: z.literal('host'),
			environment: z.record(z.string(), z.string()),
			volumes: z.array(bind),
			tmpfs: z.array(z.string()),
			read_only: z.literal(true),
			cap_drop: z.tuple([z.literal('ALL')]),
			security_opt: z.tuple([z.literal('no-new-privileges:true')]),
			init: z.literal(true),
			pids_limit: z.int(),
			mem_limit: z.string(),
			restart: z.literal('unless-stopped'),
			stop_grace_period: z.string(),
			logging: z.strictObject({ driver: z.literal('json-file'), options: z.record(z.string(), z.string()) }),
		}),
	}),
});
export type ComposedGateway = z.output<typeof schema>['services']['gateway'];

export function composeText(): string {
	return readFileSync(`${clone}/docker/compose.yaml`, 'utf8');
}

/** With its variables as they are given, as compose puts them in. */
export function composedGateway(given: Readonly<Record<string, string>> = {}): ComposedGateway {
	const filled = composeText().replace(/\$\{(\w+)(?::[-?]([^}]*))?\}/g, (_whole, name: string, other = '') =>
		String(given[name] ?? other),
	);
	return schema.parse(yaml.parse(filled)).services.gateway;
}

/** What `docker run` is told for the same. */
export function runArgs(gateway: ComposedGateway, name: string): readonly string[] {
	const pairs = (flag: string, values: Readonly<Record<string, string>>): string[] =>
		Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
	const mounts = gateway.volumes.flatMap(({ source, target, read_only }) => {
		const from = source === '..' ? clone.replace(/\/$/, '') : source;
		return ['--mount', `type=bind,source=${from},target=${target}${read_only ? ',readonly' : ''}`];
	});
	return [
		...['--name', name, '--workdir', gateway.working_dir, '--user', gateway.user, '--network', gateway.network_mode],
		...pairs('--env', gateway.environment),
		...mounts,
		...gateway.tmpfs.flatMap((one) => ['--tmpfs', one]),
		...['--read-only', '--cap-drop', ...gateway.cap_drop, '--security-opt', ...gateway.security_opt],
		...['--pids-limit', `${gateway.pids_limit}`, '--memory', gateway.mem_limit, '--restart', gateway.restart, '--init'],
		...['--log-driver', gateway.logging.driver, ...pairs('--log-opt', gateway.logging.options)],
		...[gateway.image, ...gateway.command],
	];
}
