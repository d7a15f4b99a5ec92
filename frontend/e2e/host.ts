import { expect, type APIRequestContext } from '@playwright/test';
import { createServer } from 'node:net';

export const IMAGE = 'dstack-demo-0.5.0';

export interface Created {
  id: string;
  name: string;
  port: number;
}

/** What a test may want otherwise than small and started. */
interface Wanted {
  name: string;
  image: string;
  vcpu: number;
  /** MB */
  memory: number;
  /** GB */
  disk_size: number;
  stopped: boolean;
}

/** A name that no earlier run has left behind. */
const uniqueName = (label: string): string => `e2e-${label}-${Date.now().toString(36)}`;

/** Creates a small VM through the documented API, as a user's script would. */
export async function createVm(
  request: APIRequestContext,
  label: string,
  given: Partial<Wanted> = {},
): Promise<Created> {
  const name = given.name ?? uniqueName(label);
  const port = await freePort();
  const response = await request.post('/prpc/CreateVm', {
    data: {
      name,
      image: process.env.VMM_IMAGE ?? IMAGE,
      compose_file: JSON.stringify({
        manifest_version: 2,
        name,
        runner: 'docker-compose',
        docker_compose_file: 'services:\n  web:\n    image: nginx\n',
      }),
      vcpu: 1,
      memory: 512,
      disk_size: 1,
      ...given,
      ports: [{ protocol: 'tcp', host_address: '127.0.0.1', host_port: port, vm_port: 80 }],
    },
    timeout: 60_000,
  });
  expect(response.status(), await response.text()).toBe(200);
  const { id } = (await response.json()) as { id: string };
  return { id, name, port };
}

/** Removes a VM whatever its state, and waits until it is gone; one that is gone already is fine. */
export async function removeVm(request: APIRequestContext, id: string): Promise<void> {
  const response = await request.post('/prpc/RemoveVm', { data: { id }, timeout: 60_000 });
  expect([204, 404]).toContain(response.status());
  await expect
    .poll(
      async () => {
        const info = await request.get('/prpc/GetInfo', { params: { id } });
        return ((await info.json()) as { found: boolean }).found;
      },
      { timeout: 60_000 },
    )
    .toBe(false);
}

/** A port that nobody listens on, below those the kernel gives to clients and within usual allowed ranges. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 10_000 + Math.floor(Math.random() * 9_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port between 10000 and 19000');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
