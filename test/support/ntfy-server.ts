/**
 * An ntfy server as far as publishing goes: JSON at the root with a topic, a token where it wants one, the answer that
 * the real one gives. What arrived is kept; a test may have it refuse.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const publishedSchema = z.strictObject({
	topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
	title: z.string().optional(),
	message: z.string().max(4096),
	click: z.url().optional(),
});
export type Published = z.output<typeof publishedSchema>;

export interface NtfyServer extends AsyncDisposable {
	readonly url: string;
	readonly published: readonly Published[];
	/** The status that it refuses with; null: it takes messages. */
	refuses: number | null;
	/** The only token that it takes; null: it asks for none. */
	token: string | null;
	/** Resolves when that many messages have arrived. */
	arrived(count: number): Promise<void>;
}

export async function openNtfyServer(): Promise<NtfyServer> {
	const published: Published[] = [];
	const waiting = new Set<() => void>();
	const own = { refuses: null as number | null, token: null as string | null };
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const answer = (status: number, body: object): void => {
			response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
		};
		if (own.refuses !== null) return answer(own.refuses, { code: own.refuses * 100, http: own.refuses, error: 'no' });
		if (own.token !== null && request.headers.authorization !== `Bearer ${own.token}`) {
			return answer(403, { code: 40301, http: 403, error: 'forbidden' });
		}
		const parsed = publishedSchema.safeParse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
		if (request.method !== 'POST' || request.url !== '/' || !parsed.success) {
			return answer(400, { code: 40001, http: 400, error: 'invalid request' });
		}
		published.push(parsed.data);
		answer(200, { id: `m${published.length}`, time: 1, event: 'message', ...parsed.data });
		for (const tell of [...waiting]) tell();
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return Object.assign(own, {
		url,
		published,
		arrived: (count: number) =>
			new Promise<void>((resolve) => {
				const look = (): void => {
					if (published.length < count) return;
					waiting.delete(look);
					resolve();
				};
				waiting.add(look);
				look();
			}),
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	});
}
