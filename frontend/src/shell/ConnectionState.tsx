import { useConnection } from '@/live/connection';
import type { Connection } from '@/live/socket';
import classes from './ConnectionState.module.css';

const words: Record<Connection['phase'], string> = {
  connecting: 'Connecting…',
  online: 'Live',
  offline: 'Reconnecting…',
  blocked: 'Every 4 s',
  refused: 'Not allowed',
};

/** Whether the page follows the host right now. */
export function ConnectionState() {
  const { connection } = useConnection();
  return (
    <span className={classes.state} data-phase={connection.phase}>
      <span className={classes.dot} aria-hidden />
      <span className={classes.word}>{words[connection.phase]}</span>
    </span>
  );
}
