/** `gangline join` and `leave`: this machine becomes a member of a mesh, or is one no more. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { configureMembership, readMembership } from './membership-options.ts';

export function registerJoin(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'join [token]',
		summary: 'Make this machine a member of the mesh whose token it is given',
		group: 'More machines',
		examples: [
			'gangline join <token>                         what `gangline token new` on the gateway prints',
			'gangline join - < file                        the token from stdin, unseen by other users',
			'gangline join <token> --work --projects a,b   less than the token gives',
			'gangline join <token> --provision             the gateway may make projects in containers here',
		],
		configure: configureMembership,
		run: async (session, args, options) => {
			const { join } = await import('./run-join.ts');
			return join(session, args.text(0), readMembership(options));
		},
	});
	defineCommand(program, context, {
		usage: 'leave',
		summary: 'Make this machine forget its mesh, also when the gateway is gone; its own projects go on alone',
		group: 'More machines',
		examples: ['gangline stop; gangline leave; gangline start', 'gangline leave --yes'],
		run: async (session) => (await import('./run-leave.ts')).leave(session),
	});
}
