import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.SIGHTGLASS_URL ?? 'http://127.0.0.1:4300';
/** The live tail is a WebSocket. */
const target = { target: server, ws: true };
const apis = ['/api', '/loki', '/tempo', '/sightglass', '/v1', '/-'];

export default defineConfig({
  plugins: [react()],
  server: { proxy: Object.fromEntries(apis.map((path) => [path, target])) },
  preview: { proxy: Object.fromEntries(apis.map((path) => [path, target])) },
  build: { target: 'es2022', chunkSizeWarningLimit: 700 },
  test: { environment: 'node', include: ['tests/**/*.test.ts'] },
});
