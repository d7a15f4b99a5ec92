import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// For `npm run dev`: the server whose API and sockets the page talks to.
const vmm = process.env.VMM_URL ?? 'http://127.0.0.1:12000';

export default defineConfig(({ command }) => ({
  // Django serves the built files below /static/; the development server serves its own root.
  base: command === 'build' ? '/static/' : '/',
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    outDir: 'dist',
    manifest: true,
    // The page's policy has font-src 'self' and img-src for its own icons: nothing becomes a data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      // As objects: a bare address would change the Host, and the server refuses what comes from another origin.
      '/prpc': { target: vmm },
      '/guest': { target: vmm },
      '/access': { target: vmm },
      '/logs': { target: vmm },
      '/ws': { target: vmm, ws: true },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test/setup.ts'],
    restoreMocks: true,
    css: { modules: { classNameStrategy: 'non-scoped' } },
  },
}));
