import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface OwnServer {
  url: string;
  /** Makes the first admin, once. */
  setUpLink: string;
  stop: () => Promise<void>;
}

/** A second real server, with authentication switched on: the first one lets everybody in. Ends with its folder. */
export async function startServerWithLogin(): Promise<OwnServer> {
  const root = resolve('..');
  const python = join(root, '.venv/bin/python');
  const folder = await mkdtemp(join(tmpdir(), 'vmm-e2e-login.'));
  const port = await freePort();
  const env = {
    ...process.env,
    VMM_AUTH__ENABLED: 'true',
    VMM_HOST: '127.0.0.1',
    VMM_PORT: String(port),
    VMM_DATA: join(folder, 'data'),
    ...(process.env.VMM_IMAGES ? { VMM_IMAGE__PATH: process.env.VMM_IMAGES } : {}),
  };
  const migrated = spawnSync(python, ['manage.py', 'migrate', '--no-input'], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  if (migrated.status !== 0) throw new Error(migrated.stderr);
  const server = spawn(python, ['manage.py', 'serve'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const setUpLink = await new Promise<string>((found, failed) => {
    const hear = (piece: Buffer) => {
      said += piece.toString();
      const link = /http:\/\/\S+\/set-up\/\S+/.exec(said)?.[0];
      if (link && said.includes('Ctrl-C')) found(link);
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    server.once('exit', () => failed(new Error(`the server ended: ${said}`)));
  });
  const stop = async () => {
    const ended = new Promise((resolved) => server.once('exit', resolved));
    server.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}`, setUpLink, stop };
}

function freePort(): Promise<number> {
  return new Promise((found) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => found(port));
    });
  });
}
