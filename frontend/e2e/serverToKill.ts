import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A real server of a test's own, which may be killed like a process is, and started again on its folder and port. */
export class ServerToKill {
  private process: ChildProcess | null = null;

  private constructor(
    readonly url: string,
    readonly data: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly folder: string,
  ) {}

  static async make(settings: Record<string, string> = {}): Promise<ServerToKill> {
    const folder = await mkdtemp(join(tmpdir(), 'vmm-e2e-kill.'));
    const port = await freePort();
    const data = join(folder, 'data');
    const images = process.env.VMM_IMAGES ? { VMM_IMAGE__PATH: process.env.VMM_IMAGES } : {};
    const env = {
      ...process.env,
      ...settings,
      ...images,
      VMM_HOST: '127.0.0.1',
      VMM_PORT: String(port),
      VMM_DATA: data,
    };
    const server = new ServerToKill(`http://127.0.0.1:${port}`, data, env, folder);
    const migrated = spawnSync(PYTHON, ['manage.py', 'migrate', '--no-input'], {
      cwd: ROOT,
      env,
      encoding: 'utf8',
    });
    if (migrated.status !== 0) throw new Error(migrated.stderr);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const started = spawn(PYTHON, ['manage.py', 'serve'], { cwd: ROOT, env: this.env, stdio: 'ignore' });
    this.process = started;
    for (;;) {
      if (started.exitCode !== null) throw new Error(`the server ended with ${started.exitCode}`);
      const answer = await fetch(`${this.url}/healthz`).catch(() => null);
      if (answer?.ok) return;
      await new Promise((later) => setTimeout(later, 200));
    }
  }

  /** As by `kill -9`; its guests go on. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Its guests must be gone by then. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const running = this.process;
    if (running === null) return;
    const ended = new Promise((resolved) => running.once('exit', resolved));
    running.kill(signal);
    await ended;
    this.process = null;
  }
}

const ROOT = resolve('..');
const PYTHON = join(ROOT, '.venv/bin/python');

function freePort(): Promise<number> {
  return new Promise((found) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => found(port));
    });
  });
}
