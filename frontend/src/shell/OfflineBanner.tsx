import { Button } from '@mantine/core';
import { WifiOff } from 'lucide-react';
import { Banner } from '@/components/ui/Banner';
import { useNow } from '@/hooks/useNow';
import { formatDuration, formatTimeOfDay } from '@/lib/duration';
import { useConnection } from '@/live/connection';
import { useNode } from '@/live/useLive';

/** Says that what is shown is old, since when, and that it will heal by itself. */
export function OfflineBanner() {
  const { connection, retry } = useConnection();
  if (connection.phase !== 'offline') return null;
  return (
    <Banner
      tone="alarm"
      label="Connection"
      icon={<WifiOff size={16} aria-hidden />}
      announce
      action={
        <Button size="compact-sm" variant="default" onClick={retry}>
          Try now
        </Button>
      }
    >
      <OfflineText since={connection.since} />
    </Banner>
  );
}

function OfflineText({ since }: { since: number }) {
  const seen = useNode() !== undefined;
  return (
    <>
      <strong>Reconnecting…</strong>{' '}
      {seen ? 'The server is out of reach; what you see is from ' : 'The server has been out of reach since '}
      {formatTimeOfDay(since)}
      {/* Counting must not be read out every second. */}
      <span aria-hidden>
        {' '}
        (<Elapsed since={since} /> ago)
      </span>
      .
    </>
  );
}

function Elapsed({ since }: { since: number }) {
  return formatDuration(useNow() - since);
}
