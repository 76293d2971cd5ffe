import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

// `npm run dev` shows the page of a Calanus that serves elsewhere: CALANUS_URL=http://127.0.0.1:8000
const api = process.env['CALANUS_URL'] ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [sveltekit()],
  build: { target: 'es2022' },
  server: { proxy: { '/api': api, '/vault': api } },
  test: { include: ['src/**/*.test.ts', 'tests/**/*.test.ts'] },
});
