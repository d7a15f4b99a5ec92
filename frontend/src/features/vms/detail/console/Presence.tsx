import { StatusWord } from '@/components/ui/StatusWord';
import type { TerminalView } from '@/live/terminalSession';
import { nameOf } from './viewerNames';
import classes from './Console.module.css';

/** How the line to the guest is, and who else is at it. */
export function Presence({ view }: { view: TerminalView }) {
  const { viewers, me } = view;
  const others = viewers.filter(({ id }) => id !== me);
  return (
    <div className={classes.presence}>
      <Line view={view} />
      {others.length > 0 && (
        <span className={classes.others} title={others.map(nameOf).join(', ')}>
          also here: {others.map(nameOf).join(', ')}
        </span>
      )}
    </div>
  );
}

function Line({ view: { connection, running, boot, refusal } }: { view: TerminalView }) {
  if (refusal) return <StatusWord tone="grey">Closed</StatusWord>;
  if (connection.phase !== 'online' || boot === null) {
    return (
      <StatusWord tone="blue">
        {connection.phase === 'connecting' || boot === null ? 'Connecting…' : 'Reconnecting…'}
      </StatusWord>
    );
  }
  return running ? (
    <StatusWord tone="green">Connected</StatusWord>
  ) : (
    <StatusWord tone="grey">Not running</StatusWord>
  );
}
