import { goToLogin } from '@/lib/login';
import type { StatusMessage } from './messages';

const PAUSE_MS = 4_000;
const ANSWER_WITHIN_MS = 15_000;

/**
 * Asks for a snapshot again and again, a few seconds after the last answer, for as long as no websocket comes through.
 * Returns what ends it.
 */
export function startPolling(
  onMessages: (messages: StatusMessage[]) => void,
  onFailure: () => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = '';
  const end = new AbortController();

  const ask = async (): Promise<void> => {
    try {
      const text = await readSnapshot(end.signal);
      if (end.signal.aborted) return;
      // What is the same must not cost a page that shows thousands of rows anything.
      if (text !== last) onMessages((JSON.parse(text) as { messages: StatusMessage[] }).messages);
      last = text;
    } catch {
      if (!end.signal.aborted) onFailure();
    }
    if (!end.signal.aborted) timer = setTimeout(() => void ask(), PAUSE_MS);
  };

  void ask();
  return () => {
    end.abort();
    clearTimeout(timer);
  };
}

async function readSnapshot(end: AbortSignal): Promise<string> {
  const signal = AbortSignal.any([end, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
  const response = await fetch('/snapshot', { headers: { Accept: 'application/json' }, signal });
  if (response.status === 401) goToLogin();
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return response.text();
}
