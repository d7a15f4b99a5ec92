import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { nodeInfo, vmRow } from '@/test/vmRow';
import type { StatusMessage } from './messages';
import { startPolling } from './poll';

const messages: StatusMessage[] = [{ type: 'snapshot', node: nodeInfo, vms: [vmRow()] }];
const answer = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('tells what it is answered, once for as long as that is the same', async () => {
  const fetch = vi.fn(() => Promise.resolve(answer({ messages })));
  vi.stubGlobal('fetch', fetch);
  const told = vi.fn();
  const end = startPolling(told, vi.fn());
  await vi.advanceTimersByTimeAsync(8_000);
  expect(fetch).toHaveBeenCalledTimes(3);
  expect(told.mock.calls).toEqual([[messages]]);
  end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetch).toHaveBeenCalledTimes(3);
});

it('says when it fails, and asks again', async () => {
  const fetch = vi.fn(() => Promise.resolve(answer({}, 502)));
  vi.stubGlobal('fetch', fetch);
  const failed = vi.fn();
  const end = startPolling(vi.fn(), failed);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(failed).toHaveBeenCalledTimes(2);
  end();
});

it('tells nothing that comes after its end', async () => {
  let respond: (response: Response) => void = vi.fn();
  vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (respond = resolve)));
  const told = vi.fn();
  startPolling(told, vi.fn())();
  respond(answer({ messages }));
  await vi.advanceTimersByTimeAsync(0);
  expect(told).not.toHaveBeenCalled();
});
