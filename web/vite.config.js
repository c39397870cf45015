// `npm run dev` serves the page with changes as they are typed, against a gateway that runs
// already: GATEWAY=http://127.0.0.1:8080 npm run dev
import { defineConfig } from 'vite';

const gateway = process.env.GATEWAY || 'http://127.0.0.1:8080';
const http = Object.fromEntries(['/auth', '/const', '/docs', '/gw', '/health', '/metrics',
	'/openapi.json', '/platform', '/web.json'].map((path) => [path, gateway]));

export default defineConfig({
	base: './', // the page may lie at any address, below a proxy too
	esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
	build: {
		target: 'es2022',
		assetsDir: 'assets',
		assetsInlineLimit: 0, // the policy of the page allows nothing inline
		cssCodeSplit: false, // it is small, and what is lost on its way with a part of the page would not be asked for again
		modulePreload: { polyfill: false },
		reportCompressedSize: false,
		chunkSizeWarningLimit: 1024,
	},
	server: { proxy: { ...http, '/mqtt': { target: gateway, ws: true } } },
	test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
