/** `gangline people` and `person …`: who may do what. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';

export function registerPeople(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'people',
		summary: 'The people of the mesh and what each may do',
		group: 'More machines',
		examples: ['gangline people'],
		run: async (session) => {
			const { renderTable } = await import('./table.ts');
			const answer = await (await session.gateway()).call('person.list', {});
			const rows = answer.people.map(({ id, access, nodes, hasToken, hasEditorToken }) => [
				plainLine(id),
				access,
				plainLine(nodes.join(', ')),
				[...(hasToken ? ['all'] : []), ...(hasEditorToken ? ['editor'] : [])].join(', '),
			]);
			session.out.result(answer, () =>
				renderTable(context, session.out, { head: ['person', 'access', 'sits at', 'token'], rows, elastic: [2] }),
			);
			return undefined;
		},
	});
	registerPerson(program, context);
}

function registerPerson(program: Command, context: CliContext): void {
	const person = program
		.command('person')
		.description('Let people in and out: add, remove, token')
		.helpGroup('More machines:');
	describeExamples(person, ['gangline person add ann', 'gangline person token ann', 'gangline person remove ann']);
	defineCommand(person, context, {
		usage: 'add <person>',
		summary: 'Let a person in, or change what one may do',
		group: 'More machines',
		examples: ['gangline person add ann', 'gangline person add bob --access viewer'],
		configure: (command) =>
			command.option('--access <access>', 'owner: everything, member: the work (default), viewer: look'),
		run: async (session, args, options) => {
			const access = await accessOf(options.text('access'));
			const asked = { id: args.required(0), ...(access === undefined ? {} : { access }) };
			return told(session, await (await session.gateway()).call('person.add', asked));
		},
	});
	defineCommand(person, context, {
		usage: 'remove <person>',
		summary: 'Take every right from a person, everywhere',
		group: 'More machines',
		examples: ['gangline person remove bob'],
		run: async (session, args) => {
			const id = args.required(0);
			if (!(await session.confirm(`Take every right from ${id}?`))) return 130;
			return told(session, await (await session.gateway()).call('person.remove', { id }));
		},
	});
	defineCommand(person, context, {
		usage: 'token <person>',
		summary: "Print a new secret for a person's programs; the one before is void",
		group: 'More machines',
		examples: [
			'gangline person token ann',
			'gangline person token ann --editor              opens the tools of gangline mcp and nothing else',
			'gangline person token ann --editor --revoke',
		],
		configure: (command) =>
			command
				.option('--editor', 'one for an editor or agent of the person: the tools at /mcp alone')
				.option('--revoke', 'print none, and make the one that there is useless'),
		run: async (session, args, options) => {
			const asked = { id: args.required(0), use: options.flag('editor') ? 'editor' : 'all' } as const;
			const gateway = await session.gateway();
			if (options.flag('revoke')) return told(session, await gateway.call('person.revokeToken', asked));
			const answer = await gateway.call('person.token', asked);
			session.out.result(answer, () => answer.token);
			session.out.message(`it is shown this once: \`Authorization: Bearer <token>\` at the gateway${placeOf(asked)}`);
			return undefined;
		},
	});
}

function placeOf({ use }: { readonly use: 'all' | 'editor' }): string {
	return use === 'editor' ? ', for /mcp alone; gangline mcp says where it goes' : '';
}

const accesses = ['owner', 'member', 'viewer'] as const;

async function accessOf(typed: string | undefined): Promise<(typeof accesses)[number] | undefined> {
	if (typed === undefined) return undefined;
	const found = accesses.find((one) => one === typed);
	if (found !== undefined) return found;
	const { nearest } = await import('../../shared/operations/nearest.ts');
	const { ganglineError } = await import('../../shared/ports/errors.ts');
	const near = nearest(typed, accesses);
	throw ganglineError('INVALID_ARGUMENT', `--access ${JSON.stringify(typed)}: expected ${accesses.join(', ')}`, {
		...(near === null ? {} : { hint: `did you mean ${near}?` }),
	});
}

function told(session: Session, answer: { readonly answer: string }): undefined {
	session.out.result(answer, () => plainLine(answer.answer));
	return undefined;
}
