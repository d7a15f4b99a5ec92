import { Button } from '@mantine/core';
import { CircleAlert, CircleHelp, Hourglass, TriangleAlert } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useMay } from '@/api/account';
import type { VmRow } from '@/api/vm';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { useNow } from '@/hooks/useNow';
import { formatDuration } from '@/lib/duration';
import { useNode, useNodeOf } from '@/live/useLive';
import { displayStatus, exitText } from '../displayStatus';
import { StopDialog } from '../list/StopDialog';
import classes from './StatusNotice.module.css';

/** What needs a person's eye, above every tab: a failure, a shutdown that takes its time, a process nobody can ask. */
export function StatusNotice({ row }: { row: VmRow }) {
  const node = useNodeOf(row.node);
  if (node?.state === 'lost') return <OnLostNode row={row} since={node.state_since_ms} />;
  if (row.status === 'removing') {
    return (
      <Notice tone="plain" icon={<Hourglass size={16} aria-hidden />}>
        It is being removed with its disk.
      </Notice>
    );
  }
  if (row.actual === 'unknown') return <Unreachable row={row} />;
  if (row.status === 'stopping') return <Stopping row={row} />;
  if (row.status === 'exited') return <Exited row={row} />;
  if (row.boot_error) return <Problem row={row} />;
  return null;
}

/** Nothing that is told of it needs to be so any more. */
function OnLostNode({ row, since }: { row: VmRow; since: number | null }) {
  return (
    <Notice tone="alarm" icon={<CircleHelp size={16} aria-hidden />}>
      <strong>
        Its node {row.node} is lost
        {since !== null && (
          <>
            , last heard of <TimeAgo at={since} />
          </>
        )}
        .
      </strong>{' '}
      What this VM does now is not known; what is shown is what was known last. It is not started anywhere
      else by itself, and its ports and GPUs stay its own.
    </Notice>
  );
}

/** Ended, though it should run. */
function Exited({ row }: { row: VmRow }) {
  const { tone } = displayStatus(row);
  return (
    <Notice tone={tone === 'red' ? 'alarm' : 'notice'} icon={<CircleAlert size={16} aria-hidden />}>
      <strong>
        It ended
        {row.exited_at !== null && (
          <>
            {' '}
            <TimeAgo at={row.exited_at} />
          </>
        )}
        : {exitText(row)}.
      </strong>{' '}
      {row.next_retry_at !== null ? (
        <>
          It is started again <NextTry at={row.next_retry_at} />.
        </>
      ) : (
        whatFollows(row)
      )}
      {row.boot_error && <Words text={row.boot_error} />}
    </Notice>
  );
}

const whatFollows = (row: VmRow): string =>
  row.restart_exhausted
    ? `It ended too often: after ${row.restarts} restarts in a row it is not started again until somebody does.`
    : 'It is not started again by itself.';

function NextTry({ at }: { at: number }) {
  return useNow() >= at ? 'now' : <TimeAgo at={at} />;
}

/** What the guest or QEMU said went wrong; the VM may still run. */
function Problem({ row }: { row: VmRow }) {
  return (
    <Notice tone="alarm" icon={<CircleAlert size={16} aria-hidden />}>
      <strong>{row.status === 'running' ? 'Its boot has a problem:' : 'It could not run:'}</strong>
      <Words text={row.boot_error} />
    </Notice>
  );
}

function Unreachable({ row }: { row: VmRow }) {
  return (
    <Notice tone="notice" icon={<CircleHelp size={16} aria-hidden />}>
      <strong>The host can’t say how it is.</strong> A QEMU process of it lives and doesn’t answer. Nothing is
      started beside it, so that its disk is never written by two.
      {row.boot_error && <Words text={row.boot_error} />}
    </Notice>
  );
}

/** The guest was asked to power off. How long it has taken, and, after a while, the way out. */
function Stopping({ row }: { row: VmRow }) {
  const now = useNow();
  const timeout = useNode()?.shutdown_timeout;
  const maySteer = useMay()('STEER_VM', row);
  const [asking, setAsking] = useState(false);
  const askedAt = row.shutdown_asked_at;
  if (askedAt === null || timeout === undefined) {
    return (
      <Notice tone="plain" icon={<Hourglass size={16} aria-hidden />}>
        It is being stopped.
      </Notice>
    );
  }
  const left = askedAt + timeout * 1000 - now;
  const overdue = left <= 0;
  return (
    <Notice
      tone={overdue ? 'notice' : 'plain'}
      icon={overdue ? <TriangleAlert size={16} aria-hidden /> : <Hourglass size={16} aria-hidden />}
      action={
        overdue && maySteer ? (
          <Button size="compact-sm" color="red.9" onClick={() => setAsking(true)}>
            Stop by force…
          </Button>
        ) : undefined
      }
    >
      {overdue ? (
        <strong>It was asked to shut down {formatDuration(now - askedAt)} ago and still runs.</strong>
      ) : (
        <>
          It was asked to shut down {formatDuration(now - askedAt)} ago. It can be stopped by force in{' '}
          {formatDuration(left + 999)}.
        </>
      )}
      {row.shutdown_progress && <> The guest says: {row.shutdown_progress}.</>}
      {asking && <StopDialog row={row} onClose={() => setAsking(false)} />}
    </Notice>
  );
}

/** Somebody else's words, as they are: they may have lines. */
function Words({ text }: { text: string }) {
  return <span className={classes.words}>{text}</span>;
}

interface NoticeProps {
  tone: 'plain' | 'notice' | 'alarm';
  icon: ReactNode;
  children: ReactNode;
  action?: ReactNode;
}

function Notice({ tone, icon, children, action }: NoticeProps) {
  return (
    <section className={classes.notice} data-tone={tone} aria-label="State of this virtual machine">
      <span className={classes.icon}>{icon}</span>
      <div className={classes.text}>{children}</div>
      {action}
    </section>
  );
}
