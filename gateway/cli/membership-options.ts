/** The options that `token new` and `join` share: what a machine is to be in the mesh. */
import type { Command } from 'commander';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { Options } from './define-command.ts';
import { wholeNumber } from './review.ts';

export interface Membership {
	readonly name?: string;
	readonly duties?: ('home' | 'work')[];
	readonly provision?: true;
	readonly worksFor?: 'any' | string[];
	readonly homeFor?: string[];
	readonly slots?: number;
	readonly labels?: string[];
}

export function configureMembership(command: Command): Command {
	return command
		.option('--work', 'it takes tasks')
		.option('--projects <names>', 'tasks of these projects only, separated by commas', names)
		.option('--any', 'tasks of any project')
		.option('--provision', 'it makes projects in containers there, with its engine, when the gateway asks')
		.option('--home-for <names>', 'these projects live there, separated by commas', names)
		.option('--slots <number>', 'items that it works on at once', wholeNumber)
		.option('--labels <labels>', 'what tasks may ask for, such as gpu, separated by commas', names)
		.option('--name <name>', 'what it is called; default: its host name');
}

/** Only what was typed: what is left out is for the other side to say. */
export function readMembership(options: Options): Membership {
	const projects = options.list('projects');
	if (projects !== undefined && options.flag('any')) {
		throw ganglineError('INVALID_ARGUMENT', '--projects and --any contradict each other', { hint: 'give one of them' });
	}
	const homeFor = options.list('homeFor');
	const works = options.flag('work') || projects !== undefined || options.flag('any');
	const duties = [...(works ? (['work'] as const) : []), ...(homeFor === undefined ? [] : (['home'] as const))];
	const worksFor = projects === undefined ? (options.flag('any') ? ('any' as const) : undefined) : [...projects];
	const [name, slots, labels] = [options.text('name'), options.number('slots'), options.list('labels')];
	return {
		...(name === undefined ? {} : { name }),
		...(duties.length === 0 ? {} : { duties }),
		...(options.flag('provision') ? { provision: true } : {}),
		...(worksFor === undefined ? {} : { worksFor }),
		...(homeFor === undefined ? {} : { homeFor: [...homeFor] }),
		...(slots === undefined ? {} : { slots }),
		...(labels === undefined ? {} : { labels: [...labels] }),
	};
}

/** `a,b`, also repeated. */
function names(value: string, before: unknown): readonly string[] {
	const given = value.split(',').map((one) => one.trim());
	return [...(Array.isArray(before) ? before : []), ...given.filter((one) => one !== '')];
}
