/** What a swarm is asked and told about services, their tasks and secrets, at the client of its engine. */
import type Docker from 'dockerode';
import { z } from 'zod';
import { ganglineError } from '../ports/index.ts';
import { orGone } from './engine-door.ts';
import { type ContainerWish, hashLabel } from './provisioner.ts';
import { secretsHash, secretsLabel } from './swarm-service.ts';
import { type Task, tasksSchema } from './swarm-tasks.ts';

const infoSchema = z.object({
	Swarm: z
		.object({
			NodeID: z.string().optional(),
			NodeAddr: z.string().optional(),
			ControlAvailable: z.boolean().optional(),
		})
		.nullish(),
});
const labelsSchema = z.record(z.string(), z.string()).nullish();
const serviceSchema = z.object({
	ID: z.string(),
	Version: z.object({ Index: z.int() }),
	Spec: z.looseObject({
		Labels: labelsSchema,
		Mode: z.object({ Replicated: z.object({ Replicas: z.int().nullish() }).nullish() }).nullish(),
		TaskTemplate: z.looseObject({
			Resources: z.looseObject({ Limits: z.looseObject({}).nullish() }).nullish(),
		}),
	}),
});
export type Service = z.output<typeof serviceSchema>;
const secretSchema = z.object({ ID: z.string(), Spec: z.object({ Name: z.string(), Labels: labelsSchema }) });
export type Secret = z.output<typeof secretSchema>;

/** @throws GanglineError UNSUITABLE_MACHINE where this engine manages no swarm that others can reach */
export async function managerAt(docker: Docker): Promise<{ readonly node: string; readonly address: string }> {
	const { Swarm } = infoSchema.parse(await docker.info());
	const { NodeID: node = '', NodeAddr: address = '', ControlAvailable = false } = Swarm ?? {};
	if (!ControlAvailable || node === '') {
		throw ganglineError('UNSUITABLE_MACHINE', 'the engine manages no swarm, and GANGLINE_PROVISIONER says swarm', {
			hint: 'docker swarm init --advertise-addr <address of this machine>, or unset GANGLINE_PROVISIONER',
		});
	}
	if (!/^(?:127\.|::1$|$)/.test(address)) return { node, address };
	throw ganglineError(
		'UNSUITABLE_MACHINE',
		`the swarm knows this machine as ${address || 'nothing'}, which is another place inside a container`,
		{ hint: 'docker swarm init --advertise-addr <address of this machine in your network>' },
	);
}

export async function serviceAt(docker: Docker, full: string): Promise<Service | null> {
	const found: unknown = await orGone(docker.getService(full).inspect());
	return found === null ? null : serviceSchema.parse(found);
}

export async function tasksAt(docker: Docker, full: string): Promise<readonly Task[]> {
	return tasksSchema.parse((await orGone(docker.listTasks({ filters: JSON.stringify({ service: [full] }) }))) ?? []);
}

/** A service that waits to join has the token that counts now; one that has joined needs none. */
export function isAsWished({ Spec: { Labels } }: Service, wish: ContainerWish): boolean {
	if (Labels?.[hashLabel] !== wish.hash) return false;
	return wish.secrets?.['join-token'] === undefined || Labels[secretsLabel] === secretsHash(wish);
}

export function replicasOf({ Spec: { Mode } }: Service): number {
	return Mode?.Replicated?.Replicas ?? 0;
}

/** Its client would send the text as a part of the address, where it is logged. */
export async function makeSecret(
	docker: Docker,
	{ name, text, labels }: { readonly name: string; readonly text: string; readonly labels: Record<string, string> },
): Promise<string> {
	const Data = Buffer.from(text).toString('base64');
	const made = await docker.createSecret({ _query: {}, _body: { Name: name, Labels: labels, Data } });
	return z.object({ id: z.string() }).parse({ id: made.id }).id;
}

export async function updateService(docker: Docker, id: string, version: number, spec: object): Promise<void> {
	await docker.getService(id).update({ _query: { version }, _body: spec });
}

/** Of one project. */
export async function secretsAt(docker: Docker, labels: Readonly<Record<string, string>>): Promise<readonly Secret[]> {
	const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
	return z.array(secretSchema).parse(await docker.listSecrets({ filters: JSON.stringify({ label }) }));
}

/** Of all projects. */
export async function labelledAt(docker: Docker, filters: string) {
	return {
		services: z.array(serviceSchema).parse(await docker.listServices({ filters })),
		secrets: z.array(secretSchema).parse(await docker.listSecrets({ filters })),
	};
}
