/** The registry as an OpenAPI 3.1 document: nothing is described here that is not described there. */
import { z } from 'zod';
import { commonErrors, type OperationName, operationNames, operations } from '../operations/index.ts';
import { errorKinds } from '../ports/errors.ts';
import { propertiesOf } from './query-arguments.ts';

const errorBody = {
	type: 'object',
	required: ['error'],
	properties: {
		error: {
			type: 'object',
			required: ['code', 'message', 'hint', 'data'],
			properties: {
				code: { type: 'string' },
				message: { type: 'string' },
				hint: { type: ['string', 'null'] },
				data: { type: 'object' },
			},
		},
	},
};

export function openApi(version: string): Record<string, unknown> {
	return {
		openapi: '3.1.0',
		info: { title: 'Gangline', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
		security: [{ token: [] }],
		components: {
			securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
			schemas: { Error: errorBody },
		},
		paths: Object.fromEntries(operationNames.map((name) => [`/v1/${name}`, pathOf(name)])),
	};
}

function pathOf(name: OperationName): Record<string, unknown> {
	const { kind } = operations[name];
	if (kind === 'stream') return { get: { ...common(name, 'text/event-stream'), parameters: parametersOf(name) } };
	const post = {
		...common(name, 'application/json'),
		requestBody: {
			required: true,
			content: { 'application/json': { schema: jsonSchema(operations[name].args, 'input') } },
		},
	};
	if (kind === 'command') return { post };
	const get = { ...common(name, 'application/json'), operationId: `${name}.get`, parameters: parametersOf(name) };
	return { get, post };
}

function common(name: OperationName, mediaType: string): Record<string, unknown> {
	const { summary, access, runsAt, kind, result, examples } = operations[name];
	return {
		operationId: name,
		summary,
		tags: [name.includes('.') ? name.slice(0, name.indexOf('.')) : 'node'],
		'x-gangline': { access, runsAt, kind, examples },
		responses: {
			200: { description: 'The answer', content: { [mediaType]: { schema: jsonSchema(result, 'output') } } },
			...errorResponses(name),
		},
	};
}

function errorResponses(name: OperationName): Record<number, unknown> {
	const byStatus = new Map<number, string[]>();
	for (const code of [...commonErrors, ...operations[name].errors]) {
		const status = errorKinds[code].http;
		byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
	}
	const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
	return Object.fromEntries(
		[...byStatus].map(([status, codes]) => [status, { description: codes.join(', '), content }]),
	);
}

function parametersOf(name: OperationName): unknown[] {
	return Object.entries(propertiesOf(name)).map(([field, schema]) => ({
		name: field,
		in: 'query',
		required: requiredOf(name).includes(field),
		schema,
	}));
}

function requiredOf(name: OperationName): readonly string[] {
	const { required } = jsonSchema(operations[name].args, 'input');
	return Array.isArray(required) ? required : [];
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
	const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
	return rest;
}
