import { useConnection } from '@/live/connection';
import classes from './ConnectionState.module.css';

const words = { connecting: 'Connecting…', online: 'Live', offline: 'Reconnecting…' } as const;

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
