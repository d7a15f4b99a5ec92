import type { Viewer } from '@/live/terminalMessages';
import type { TerminalView } from '@/live/terminalSession';

/** Where nobody has to log in, nobody has a name. */
export const nameOf = ({ name }: Viewer): string => name || 'somebody';

/** Who has taken the keyboard, unless that is oneself; null if nobody has. */
export function otherTypist({ typist, me, viewers }: TerminalView): string | null {
  if (typist === null || typist === me) return null;
  const viewer = viewers.find(({ id }) => id === typist);
  return viewer ? nameOf(viewer) : 'somebody';
}
