import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PortRules } from '@/api/vm';
import { imageRow } from '@/test/imageRow';
import { deployDemo, portCandidates } from './deployDemo';

const image = imageRow({ name: 'dstack-demo-0.5.0', supports: [] });
const rules = (ranges: PortRules['ranges']): PortRules => ({ address: '127.0.0.1', ranges });
const asked: { method: string; body: Record<string, unknown> }[] = [];
let taken: number[] = [];
let startStatus = 204;

/** A server on which some ports are taken. */
const server = setupServer(
  http.post('*/prpc/:method', async ({ params, request }) => {
    const body = (await request.json()) as Record<string, unknown> & { ports?: { host_port: number }[] };
    asked.push({ method: String(params.method), body });
    if (params.method === 'StartVm') {
      return startStatus === 204
        ? new HttpResponse(null, { status: 204 })
        : HttpResponse.json({ message: 'QEMU would not start' }, { status: startStatus });
    }
    if (params.method === 'CreateVm') return HttpResponse.json({ id: 'vm-1' });
    const conflict = body.ports?.some(({ host_port }) => taken.includes(host_port));
    return HttpResponse.json({ problems: conflict ? [{ field: 'ports', message: 'taken' }] : [], notes: [] });
  }),
);

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  asked.length = 0;
  taken = [];
  startStatus = 204;
});
afterAll(() => server.close());

describe('the ports that are tried for the demo', () => {
  it('are within what is allowed, 8080 first where it is', () => {
    expect(portCandidates(rules([['tcp', 1, 20_000]]), () => 0).slice(0, 2)).toEqual([8080, 1024]);
    expect(portCandidates(rules([['tcp', 9000, 9001]]), () => 0.999)[0]).toBe(9001);
  });

  it('are none where VMs get none, or none above the privileged', () => {
    expect(portCandidates(rules([]), Math.random)).toEqual([]);
    expect(portCandidates(rules([['udp', 1, 9000], ['tcp', 1, 1023]]), Math.random)).toEqual([]); // prettier-ignore
  });
});

describe('deploying the demo', () => {
  it('takes the next port where one is taken, and starts the VM', async () => {
    taken = [8080];
    await expect(deployDemo(image, rules([['tcp', 9000, 9000]]), vi.fn())).resolves.toBe('vm-1');
    const created = asked.find(({ method }) => method === 'CreateVm')?.body;
    expect(created).toMatchObject({ stopped: true, ports: [{ host_port: 9000, vm_port: 80 }] });
    await vi.waitFor(() => expect(asked.at(-1)).toMatchObject({ method: 'StartVm', body: { id: 'vm-1' } }));
  });

  it('tells of a start that fails after the VM is there', async () => {
    startStatus = 409;
    const failed = vi.fn();
    await deployDemo(image, rules([]), failed);
    await vi.waitFor(() => expect(failed).toHaveBeenCalledTimes(1));
    expect((failed.mock.calls[0]?.[0] as Error).message).toBe('QEMU would not start');
  });
});
