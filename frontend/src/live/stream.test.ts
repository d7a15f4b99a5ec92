import { QueryClient } from '@tanstack/react-query';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { keys } from '@/api/keys';
import { nodeInfo, vmRow } from '@/test/vmRow';
import type { LiveState } from './apply';
import { openStatusStream } from './stream';

describe('openStatusStream', () => {
  const sockets: { onmessage?: (event: { data: string }) => void; close: () => void }[] = [];

  afterEach(() => {
    sockets.length = 0;
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('writes what it hears into the query cache, frames that come together as one change', () => {
    vi.useFakeTimers();
    vi.stubGlobal(
      'WebSocket',
      class {
        constructor() {
          sockets.push(this);
        }
        close(): void {
          // Nothing to close.
        }
      },
    );
    const client = new QueryClient();
    const seen = vi.fn();
    client.getQueryCache().subscribe((event) => {
      if (event.type === 'updated') seen();
    });
    const stream = openStatusStream(client, vi.fn());
    const say = (message: object) => sockets[0]?.onmessage?.({ data: JSON.stringify(message) });
    say({ type: 'snapshot', node: nodeInfo, vms: [vmRow({ id: 'a' })] });
    say({ type: 'rows', vms: [vmRow({ id: 'b' })] });
    say({ type: 'something a newer server says' });
    vi.advanceTimersByTime(100);
    expect([...(client.getQueryData<LiveState>(keys.live)?.vms.keys() ?? [])]).toEqual(['a', 'b']);
    expect(seen).toHaveBeenCalledTimes(1);
    stream.close();
  });
});
