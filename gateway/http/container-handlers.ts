/** Answers what is asked about projects in containers: those of this machine here, those of other members there. */
import type { Args, Caller, Result } from '../../shared/operations/index.ts';
import type { ProvisionOperation } from '../../shared/protocol/provision.ts';
import {
	gitHandlers as gitHandlersHere,
	containerHandlers as handlersHere,
	pruneWords,
} from '../../shared/provision/index.ts';
import { findNode } from '../../shared/registry/index.ts';
import type { GatewayParts } from '../context.ts';
import type { AskedThere } from '../machines/index.ts';

type Answer<Name extends ProvisionOperation> = (args: Args<Name>, caller: Caller) => Promise<Result<Name>>;
type Answers = { readonly [Name in ProvisionOperation]: Answer<Name> };

export function containerHandlers(parts: GatewayParts): Answers {
	const { containers, machines, config, log } = parts;
	const asked = { containers, environment: config.environment, log };
	const here: Answers = { ...handlersHere(asked), ...gitHandlersHere(asked) };
	const there = <Name extends AskedThere>(name: Name): Answer<Name> => {
		const answerHere: Answer<Name> = here[name];
		return async (args, caller) =>
			machines.has(args.name) ? machines.ask(name, args, caller) : answerHere(args, caller);
	};
	return {
		'container.create': async (args, caller) => {
			if (machines.has(args.name)) return machines.create(args, caller);
			if (args.on === undefined || isOwn(parts, args.on)) return here['container.create'](args, caller);
			return machines.create(args, caller);
		},
		'container.list': async (args, caller) => {
			const [own, others] = await Promise.all([here['container.list'](args, caller), machines.list(caller)]);
			return { containers: [...own.containers, ...others] };
		},
		'container.show': there('container.show'),
		'container.start': there('container.start'),
		'container.stop': there('container.stop'),
		'container.rebuild': there('container.rebuild'),
		'container.limits': there('container.limits'),
		'container.idleStop': there('container.idleStop'),
		'container.gitKey': there('container.gitKey'),
		'container.gitToken': there('container.gitToken'),
		'container.gitIdentity': there('container.gitIdentity'),
		'container.gitForget': there('container.gitForget'),
		'container.remove': async (args, caller) =>
			machines.has(args.name) ? machines.remove(args, caller) : here['container.remove'](args, caller),
		'container.prune': async (args, caller) => {
			const own = await here['container.prune'](args, caller);
			const others = await machines.prune(args, caller);
			const things = [...own.things, ...others];
			return { things, removed: own.removed, answer: pruneWords(things, args.dryRun) };
		},
	};
}

/** The gateway's own machine, named as a member. */
function isOwn({ mesh }: GatewayParts, ref: string): boolean {
	return findNode(mesh.facts(), ref)?.id === mesh.self;
}
