/**
 * What a process serves to browsers beside its operations, in our words, so that whoever makes a site needs no Fastify:
 * files that never change, pages for everyone, and logins by cookie. Nothing here is behind a login; operations are, and
 * a site says who a browser is (`callerOf`) without deciding what one may do.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../operations/index.ts';

export interface Site {
	/** Origins under which it may be asked, loopback aside: `https://board.example.org`. */
	origins(): readonly string[];
	/** A request's URL as it would be without the prefix at which a reverse proxy shows the site. */
	pathOf(url: string): string;
	/** Who a browser has logged in as; null where it sends no login that counts. */
	callerOf(headers: IncomingHttpHeaders): Caller | null;
	/** The folder of files that carry a hash of their content in their name. */
	readonly assets: string;
	/** On every answer of this site, operations included. */
	headers(headers: IncomingHttpHeaders): Readonly<Record<string, string>>;
	/** Null: there is no such page. */
	answer(request: SiteRequest): Promise<SiteReply | null>;
}

export interface SiteRequest {
	readonly method: 'GET' | 'POST';
	/** Without query and prefix; begins with `/`. */
	readonly path: string;
	/** As it was asked, prefix included. */
	readonly url: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: unknown;
	/** Of the socket; through a proxy, the proxy's. */
	readonly address: string;
}

export interface SiteReply {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
}

const assetsPrefix = '/assets/';
const assetMaxAge = '365d';

/** Whether a request needs a caller: operations and what nobody serves do, a site's own pages do not. */
export function isOpenToAll(site: Site | undefined, path: string): boolean {
	return site !== undefined && path !== '/v1' && !path.startsWith('/v1/');
}

/** Adds the site's routes behind those of the operations. */
export function addSite(app: FastifyInstance, site: Site, missing: (request: FastifyRequest) => Error): void {
	// Not before it is needed: most processes have no site, and neither what it loads nor, on a worker, the package.
	void app.register(import('@fastify/static'), {
		root: site.assets,
		prefix: assetsPrefix,
		index: false,
		decorateReply: false,
		preCompressed: true,
		immutable: true,
		maxAge: assetMaxAge,
	});
	app.route({
		method: ['GET', 'POST'],
		url: '/*',
		handler: async (request, reply) => {
			const [path = '/'] = request.url.split('?', 1);
			const answered = await site.answer({
				method: request.method === 'POST' ? 'POST' : 'GET',
				path,
				url: request.originalUrl,
				headers: request.headers,
				body: request.body,
				address: request.ip,
			});
			if (answered === null) throw missing(request);
			return reply.status(answered.status).headers(answered.headers).send(answered.body);
		},
	});
}
