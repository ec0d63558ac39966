/** What operations on items take: the fields that people fill in, each with its bound and a message that says so. */
import { z } from 'zod';
import { itemTypeSchema, reviewModeSchema } from './item-views.ts';
import {
	dependenciesMax,
	descriptionBytesMax,
	labelsMax,
	oneLine,
	titleCharactersMax,
	wordsBytesMax,
} from './limits.ts';
import { itemRefSchema, labelSchema, projectRefSchema } from './references.ts';

export const project = projectRefSchema;
export const item = itemRefSchema;

/** The error names its size and where longer text belongs. */
function boundedText(what: string, bytesMax: number) {
	return z.string().superRefine((text, context) => {
		const bytes = Buffer.byteLength(text);
		if (bytes <= bytesMax) return;
		const size = `at most ${bytesMax} (${bytesMax / 1024} KiB) fit`;
		const message = `${what} has ${bytes} bytes, ${size}: put the rest into a file of the repository and name it here`;
		context.addIssue({ code: 'custom', message, input: '' });
	});
}

export const title = z
	.string()
	.trim()
	.min(1, 'expected a line that says what is wanted')
	.max(titleCharactersMax, `expected at most ${titleCharactersMax} characters; more goes into the description`)
	.regex(oneLine, 'expected one line without control characters')
	.describe('One line');
const description = boundedText('the description', descriptionBytesMax).describe(
	'What is wanted, at most 16 KiB. With a fenced sh block and no other agent, the block is what is run.',
);
export const words = boundedText('the text', wordsBytesMax)
	.refine((text) => text.trim() !== '', 'expected words that say what should be different')
	.describe('What should be different; goes into the next prompt');
export const reason = z
	.string()
	.trim()
	.min(1, 'expected words')
	.max(1000, 'expected at most 1000 characters')
	.regex(oneLine, 'expected one line')
	.describe('Why, one line');
export const label = labelSchema;
const agentName = z
	.string()
	.regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'expected the name of an agent in .gangline/project.toml, or shell')
	.describe('The configured agent that does it; `shell` runs the fenced sh block');

export const fields = {
	type: itemTypeSchema,
	description,
	dependsOn: z.array(item).max(dependenciesMax).describe('Items that must be done first'),
	parent: item.describe('The epic it belongs to'),
	labels: z.array(label).max(labelsMax),
	hold: z.boolean().describe('Do not start it by itself'),
	agent: agentName,
	review: reviewModeSchema.describe("Overrides the project's review mode"),
};

export const projectErrors = ['UNKNOWN_PROJECT'] as const;
export const itemErrors = ['UNKNOWN_PROJECT', 'UNKNOWN_ITEM'] as const;
export const changeErrors = [...itemErrors, 'REFUSED'] as const;
