import { defineConfig } from '@playwright/test';

/** Runs against a server that is already there; it creates VMs and removes them again. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // A VM's name and ports are of one host: one test after the other.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  // Real machines boot here, without hardware virtualization too.
  timeout: 180_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['./e2e/figures.ts']],
  use: {
    baseURL: process.env.VMM_URL ?? 'http://127.0.0.1:12000',
    viewport: { width: 1440, height: 860 },
    // What can't be pressed is to be told by its name, not by the whole test's time.
    actionTimeout: 30_000,
    trace: 'retain-on-failure',
    launchOptions: {
      // The system's own browser: nothing is downloaded, and containers have no sandbox to offer.
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox'],
    },
  },
});
