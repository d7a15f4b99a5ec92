import type { QueryClient } from '@tanstack/react-query';
import { isServerUp } from '@/api/health';
import { keys } from '@/api/keys';
import { goToLogin } from '@/lib/login';
import { socketAddress } from './address';
import { applyMessages, type LiveState } from './apply';
import { parseMessage, type StatusMessage } from './messages';
import { startPolling } from './poll';
import { onReturn } from './returning';
import { LiveSocket, type Connection } from './socket';

/** Messages that come within this time are applied, sorted and painted together. */
const BATCH_MS = 25;

/**
 * Keeps the query cache equal to what the server says, until closed: by websocket, and by asking every few seconds
 * where none comes through. A returning network or a page that is looked at again makes it reconnect at once. `retry`
 * does the same for a person who doesn't want to wait.
 */
export function openStatusStream(
  client: QueryClient,
  onConnection: (connection: Connection) => void,
): { retry: () => void; close: () => void } {
  let waiting: StatusMessage[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const write = (messages: readonly StatusMessage[]): void => {
    const before = client.getQueryData<LiveState>(keys.live) ?? null;
    const after = applyMessages(before, messages);
    if (after && after !== before) client.setQueryData<LiveState>(keys.live, after);
  };

  const flush = (): void => {
    const messages = waiting;
    waiting = [];
    timer = undefined;
    write(messages);
  };

  let endPolling: (() => void) | null = null;
  const pollWhile = (blocked: boolean): void => {
    if (blocked) {
      endPolling ??= startPolling(write, () => socket.nudge());
    } else {
      endPolling?.();
      endPolling = null;
    }
  };

  const socket: LiveSocket = new LiveSocket({
    url: () => socketAddress('/ws/status'),
    isUp: isServerUp,
    onConnection: (connection) => {
      pollWhile(connection.phase === 'blocked');
      onConnection(connection);
    },
    onStranger: () => goToLogin(),
    onRefused: ({ reason }) => onConnection({ phase: 'refused', reason }),
    // Who may see other things now may do other things, too.
    onBeginAnew: () => void client.invalidateQueries({ queryKey: keys.account }),
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
      pollWhile(false);
      socket.stop();
    },
  };
}
