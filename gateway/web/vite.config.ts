/**
 * How the board is built and tried. The page stands below whatever path the gateway is served at, so every address in
 * it is relative. For development alone, a proxy speaks to a running gateway with the token of this machine, which no
 * build ever contains.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ProxyOptions } from 'vite';
import { fittedLibraries } from './fitted-libraries.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

/** `GANGLINE_BOARD_NOTE` names the file in which a running gateway says where it answers and with which token. */
function developmentProxy(): Record<string, ProxyOptions> {
	const note = process.env.GANGLINE_BOARD_NOTE;
	if (note === undefined) return {};
	const { url, token }: { url: string; token: string } = JSON.parse(readFileSync(note, 'utf8'));
	const to: ProxyOptions = {
		target: url,
		changeOrigin: true,
		ws: true,
		headers: { authorization: `Bearer ${token}`, origin: url },
		configure: (proxy) => {
			proxy.on('proxyReq', (request) => {
				request.removeHeader('sec-fetch-site');
				request.removeHeader('cookie');
			});
			proxy.on('proxyReqWs', (request) => {
				request.setHeader('origin', url);
				request.removeHeader('sec-fetch-site');
			});
		},
	};
	return { '/v1': to, '/sync': to, '/auth': to };
}

export default defineConfig({
	root,
	base: './',
	plugins: [fittedLibraries()],
	oxc: { jsx: { runtime: 'automatic' } },
	build: {
		outDir: '../../dist/web',
		emptyOutDir: true,
		assetsDir: 'assets',
		target: 'es2023',
		modulePreload: { polyfill: false },
		assetsInlineLimit: 0,
		chunkSizeWarningLimit: 700,
	},
	server: { proxy: developmentProxy() },
	preview: { proxy: developmentProxy() },
});
