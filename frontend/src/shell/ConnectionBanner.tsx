import { Button } from '@mantine/core';
import { Ban, Hourglass, WifiOff } from 'lucide-react';
import { Banner } from '@/components/ui/Banner';
import { useNow } from '@/hooks/useNow';
import { formatDuration, formatTimeOfDay } from '@/lib/duration';
import { useConnection } from '@/live/connection';
import { useNode } from '@/live/useLive';

/** Says what is wrong with the connection, what that means for what is shown, and whether it heals by itself. */
export function ConnectionBanner() {
  const { connection, retry } = useConnection();
  switch (connection.phase) {
    case 'connecting':
    case 'online':
      return null;
    case 'offline':
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
    case 'blocked':
      return (
        <Banner tone="notice" label="Connection" icon={<Hourglass size={16} aria-hidden />} announce>
          This page asks for news every 4 seconds: the server answers, but something on the way to it lets no
          websocket through. If that is a proxy of yours, let it pass on upgrades of <code>/ws/</code>;
          consoles and following logs need them.
        </Banner>
      );
    case 'refused':
      return (
        <Banner tone="alarm" label="Connection" icon={<Ban size={16} aria-hidden />} announce>
          The server shows you no virtual machines: {connection.reason || 'it does not say why'}.
        </Banner>
      );
  }
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
