/** A server of documents on a real socket, as the gateway and a node have it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { serveDocuments } from '../../gateway/edge/index.ts';

export interface DocumentsAddress {
	readonly url: string;
	/** Ends the server and every line to it. */
	close(): Promise<void>;
}

export async function listenForDocuments(server: ReturnType<typeof serveDocuments>): Promise<DocumentsAddress> {
	const http = createServer();
	server.attach(http);
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
	return {
		url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/sync`,
		close: async () => {
			await server.stop();
			http.closeAllConnections();
			await new Promise((resolve) => http.close(resolve));
		},
	};
}
