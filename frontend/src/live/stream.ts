import type { QueryClient } from '@tanstack/react-query';
import { keys } from '@/api/keys';
import { goToLogin } from '@/lib/login';
import { socketAddress } from './address';
import { applyMessages, type LiveState } from './apply';
import { parseMessage, type StatusMessage } from './messages';
import { onReturn } from './returning';
import { LiveSocket, type Connection } from './socket';

/** Messages that come within this time are applied, sorted and painted together. */
const BATCH_MS = 25;

/**
 * Keeps the query cache equal to what the server says, until closed. A returning network or a page that is looked
 * at again makes it reconnect at once. `retry` does the same for a person who doesn't want to wait.
 */
export function openStatusStream(
  client: QueryClient,
  onConnection: (connection: Connection) => void,
): { retry: () => void; close: () => void } {
  let waiting: StatusMessage[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = (): void => {
    const messages = waiting;
    waiting = [];
    timer = undefined;
    const before = client.getQueryData<LiveState>(keys.live) ?? null;
    const after = applyMessages(before, messages);
    if (after && after !== before) client.setQueryData<LiveState>(keys.live, after);
  };

  const socket = new LiveSocket({
    url: () => socketAddress('/ws/status'),
    onConnection,
    onStranger: () => goToLogin(),
    onFrame: (frame) => {
      const message = parseMessage(frame);
      if (!message) return;
      waiting.push(message);
      timer ??= setTimeout(flush, BATCH_MS);
    },
  });

  const nudge = (): void => socket.nudge();
  const forgetReturns = onReturn(nudge);
  socket.start();

  return {
    retry: nudge,
    close: () => {
      forgetReturns();
      clearTimeout(timer);
      socket.stop();
    },
  };
}
