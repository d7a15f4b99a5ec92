import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test as base } from './console';
import { freePort } from './host';

/** A server on a busy machine, its tables made first. */
const START_MS = 120_000;
const END_MS = 30_000;

/**
 * A server of a test's own, with an empty database and the demo image: one that can be killed and started again. It
 * lies beside that of script/e2e, which in the end stops whatever VM still runs in there.
 */
export class Server {
  /** Everything that it has printed. */
  output = '';
  private child: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly settings: Record<string, string>,
  ) {}

  /** `settings`: environment variables, as operators set them. */
  static async make(settings: Record<string, string>): Promise<Server> {
    const images = process.env.VMM_IMAGES;
    if (!images) throw new Error('VMM_IMAGES must name the image folder of the server; script/e2e does');
    const folder = await mkdtemp(join(dirname(dirname(images)), 'server-'));
    await cp(images, join(folder, 'image'), { recursive: true });
    const server = new Server(folder, await freePort(), settings);
    await server.start();
    return server;
  }

  /** The folder of its images. */
  get images(): string {
    return join(this.folder, 'image');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The link that makes the first admin, as it is printed where logins are wanted. */
  get setUpLink(): string {
    const link = this.output.match(/http\S+\/set-up\/\S+/g)?.at(-1);
    if (!link) throw new Error(`no link was printed: ${this.output}`);
    return link;
  }

  /** Starts it, and returns once it answers. */
  async start(): Promise<void> {
    const child = spawn(
      '../script/server',
      ['--host', '127.0.0.1', '--port', String(this.port), '--data', this.folder],
      { env: { ...process.env, ...this.settings }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => (this.output += text.toString()));
    }
    this.child = child;
    const deadline = Date.now() + START_MS;
    while (!(await this.answers())) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`the server did not start: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends it as a crash would; its VMs go on. */
  kill(): Promise<void> {
    return this.signal('SIGKILL');
  }

  /** Has a VM's process end as if it had crashed. */
  async crash(vm: string): Promise<void> {
    process.kill(Number(await readFile(join(this.folder, 'vm', vm, 'qemu.pid'), 'utf8')), 'SIGKILL');
  }

  /** Ends it in order, or by force where that takes too long. */
  async end(): Promise<void> {
    const force = setTimeout(() => void this.kill(), END_MS);
    await this.signal('SIGTERM');
    clearTimeout(force);
  }

  private async signal(name: NodeJS.Signals): Promise<void> {
    if (this.child?.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill(name);
    await gone;
  }

  private answers(): Promise<boolean> {
    return fetch(`${this.url}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
  }
}

interface OfWorker {
  /** Environment variables of the server. Files that want the same share one: give its node a name to have it alone. */
  settings: Record<string, string>;
  server: Server;
}

/** A test whose page is of a server of its own; what the tests of one file do to it, the next ones find. */
export const test = base.extend<object, OfWorker>({
  settings: [{}, { option: true, scope: 'worker' }],
  server: [
    async ({ settings }, use) => {
      const server = await Server.make(settings);
      await use(server);
      await server.end();
    },
    { scope: 'worker', timeout: 2 * START_MS },
  ],
  baseURL: async ({ server }, use) => use(server.url),
});

export const PASSWORD = 'a rather long password';

/** Makes the first account by the link that the server printed, and ends at the list, logged in. */
export async function makeFirstAdmin(page: Page, server: Server, name = 'ada'): Promise<void> {
  await page.goto(server.setUpLink);
  await page.keyboard.type(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
}
