import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The parser that the build's own tools have. */
const yaml = createRequire(createRequire(import.meta.url).resolve('vite/package.json'))('yaml') as {
	parse(text: string): unknown;
};

/** What of compose's schema is used; a key that is none of it is a mistake. */
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

it('[I13] puts the gateway into a container without a right, a root to write to, or the socket of an engine', () => {
	const text = readFileSync(`${root}/docker/compose.yaml`, 'utf8');
	const { gateway } = schema.parse(yaml.parse(text)).services;
	expect(gateway.volumes.map(({ target, read_only }) => [target, read_only])).toEqual([
		['/opt/gangline', true],
		['/gangline', false],
	]);
	expect(JSON.stringify(gateway)).not.toContain('docker.sock');
	expect(gateway.environment).toMatchObject({ HOME: '/gangline', GANGLINE_HOME: '/gangline/state' });
	expect(gateway.command[0]).toBe('node');
	expect(existsSync(`${root}/${gateway.command.at(-1)}`)).toBe(true);
	expect(gateway.image).toContain(`node:${process.versions.node.split('.')[0]}-`);
});
