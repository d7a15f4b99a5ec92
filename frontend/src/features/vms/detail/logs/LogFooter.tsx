import { Button } from '@mantine/core';
import { ArrowDown } from 'lucide-react';
import { formatBytes } from '@/lib/size';
import type { LogSession } from '@/live/logSession';
import type { LogView } from '@/live/logView';
import classes from './LogReader.module.css';

/** How much of the log is in the page, and the way to its end. */
export function LogFooter({ session, view }: { session: LogSession; view: LogView }) {
  const { window: log, boot, end, kept, following, unread, loading, boots } = view;
  const runs = boots.some((each) => each.boot === boot && each.current);
  const words = (): string => {
    if (boot === null) return 'Loading…';
    if (end === kept) return runs ? 'Nothing was written yet.' : 'Nothing was written.';
    const isAll = log.start <= kept && log.end >= end;
    const part = isAll ? formatBytes(end - kept) : `Bytes ${log.start} to ${log.end} of ${end}`;
    const lost = kept > 0 ? `; the first ${formatBytes(kept)} are no longer kept` : '';
    return `${part}${lost}${loading ? ' · loading…' : ''}`;
  };
  return (
    <div className={classes.footer}>
      <span>{words()}</span>
      {following ? (
        <span>{runs ? 'Following' : 'Its end'}</span>
      ) : (
        <Button
          size="compact-sm"
          leftSection={<ArrowDown size={14} aria-hidden />}
          onClick={() => session.follow(true)}
        >
          {unread > 0 ? `${unread} new ${unread === 1 ? 'line' : 'lines'}` : 'To the end'}
        </Button>
      )}
    </div>
  );
}
