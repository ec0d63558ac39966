import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { detectStack } from '../../../shared/project/index.ts';

const spec = z
	.object({
		order: z.array(z.string()),
		markers: z.record(z.string(), z.array(z.string())),
		cases: z.array(
			z.object({
				files: z.array(z.string()),
				stack: z.string().nullable(),
				others: z.array(z.string()).default([]),
			}),
		),
	})
	.parse(JSON.parse(readFileSync(new URL('../../fixtures/spec/stacks.json', import.meta.url), 'utf8')));

describe('detectStack', () => {
	for (const { files, stack, others } of spec.cases) {
		it(`sees ${stack} in ${files.join(', ')}`, () => {
			expect(detectStack(files)).toEqual({ stack, others });
		});
	}

	for (const [stack, markers] of Object.entries(spec.markers)) {
		it(`knows every mark of ${stack}`, () => {
			for (const marker of markers) expect(detectStack([marker, `deep/${marker}`]).stack).toBe(stack);
		});
	}

	it('breaks a tie of all stacks by the order of the table and names the rest in it', () => {
		const files = Object.values(spec.markers).map(([marker = '']) => marker);
		expect(detectStack(files)).toEqual({ stack: spec.order[0], others: spec.order.slice(1) });
	});
});
