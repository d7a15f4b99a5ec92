import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useMay } from '@/api/account';
import type { VmRow } from '@/api/vm';
import type { GuestTerminal } from '@/components/terminal/guestTerminal';
import type { TerminalView } from '@/live/terminalSession';
import { isAllowed } from '../../allowedActions';
import { useVmAction } from '../../useVmAction';
import { otherTypist } from './viewerNames';
import classes from './Console.module.css';

interface Props {
  row: VmRow;
  guest: GuestTerminal;
  view: TerminalView;
}

/** Why what is typed would not be heard, and the way out; nothing while all is well. */
export function ConsoleNotice({ row, guest, view }: Props) {
  const administers = useMay()('MANAGE_ACCESS');
  const { connection, refusal, running, complaint, boot } = view;
  const typist = otherTypist(view);

  if (refusal)
    return (
      <Strip tone="alarm">
        The server has closed the console: {refusal.reason || 'no reason was given'}.
      </Strip>
    );
  if (connection.phase === 'offline') {
    return (
      <Strip tone="notice">
        The server is out of reach. What you see stays; what you type is not sent until it is back.
      </Strip>
    );
  }
  if (connection.phase === 'blocked') {
    return (
      <Strip tone="notice">
        The server answers, but something between it and this browser lets no websocket through, which a
        console needs.
      </Strip>
    );
  }
  if (boot !== null && !running) return <NotRunning row={row} />;
  if (typist !== null) {
    return (
      <Strip
        tone="notice"
        action={
          administers && (
            <Button size="compact-sm" variant="default" onClick={() => guest.session.takeKeyboard(true)}>
              Take it from them
            </Button>
          )
        }
      >
        {typist} types alone at the moment. What you type is not sent.
      </Strip>
    );
  }
  return complaint === null ? null : <Strip tone="notice">Not sent: {complaint}</Strip>;
}

function NotRunning({ row }: { row: VmRow }) {
  const run = useVmAction();
  const [starting, setStarting] = useState(false);
  const start = () => {
    setStarting(true);
    void run('start', row).finally(() => setStarting(false));
  };
  const startable = isAllowed('start', row.status);
  return (
    <Strip
      tone="notice"
      action={
        startable && (
          <Button size="compact-sm" variant="default" loading={starting} onClick={start}>
            Start
          </Button>
        )
      }
    >
      It isn’t running. This is the end of what it printed; more is in its logs.
    </Strip>
  );
}

interface StripProps {
  tone: 'notice' | 'alarm';
  children: ReactNode;
  action?: ReactNode;
}

function Strip({ tone, children, action }: StripProps) {
  return (
    <div className={classes.strip} data-tone={tone}>
      <span role="status">{children}</span>
      {action}
    </div>
  );
}
