import type { AuditEntry } from '@/api/access';

const words: Record<number, string> = {
  202: 'Accepted',
  400: 'Refused: not valid',
  401: 'Refused: not logged in',
  403: 'Refused: not allowed',
  404: 'Refused: not there',
  409: 'Refused: conflict',
  429: 'Refused: too often',
};

/** How it ended, in a colour and in words. */
export function outcomeText({ result }: AuditEntry): { tone: 'green' | 'grey' | 'red'; word: string } {
  if (result >= 500) return { tone: 'red', word: 'Failed' };
  if (result >= 400) return { tone: 'red', word: words[result] ?? 'Refused' };
  return result === 202 ? { tone: 'grey', word: 'Accepted' } : { tone: 'green', word: 'Done' };
}
