import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { useMemo } from 'react';
import type { ImageRow, RegistryTag } from '@/api/image';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { usePulls } from '@/live/useLive';
import { EmptyRegistry, NoRegistry, RegistryFailure } from './RegistryState';
import { registryRows } from './registryRows';
import { RegistryTable } from './RegistryTable';
import type { ImageActions } from './useImageActions';
import classes from './ImagesPage.module.css';

/** A registry's tags don't change by the second, and asking for them is a request to another host. */
const FRESH_MS = 60_000;

const none: RegistryTag[] = [];

interface Props {
  /** What the host pulls from, or empty: then there is nobody to ask. */
  repository: string;
  images: readonly ImageRow[];
  actions: ImageActions;
}

/** What the registry offers. Pulls are live, and shown even where it can't be reached. */
export function Registry({ repository, images, actions }: Props) {
  const configured = repository !== '';
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: keys.registryImages,
    queryFn: () => call('ListRegistryImages', {}),
    enabled: configured,
    staleTime: FRESH_MS,
    refetchOnWindowFocus: false,
    retry: false,
  });
  const pulls = usePulls();
  const tags = data?.images ?? none;
  const rows = useMemo(() => registryRows(tags, pulls ?? [], images), [tags, pulls, images]);
  const refresh = () => void refetch();

  return (
    <section aria-labelledby="registry">
      <div className={classes.bar}>
        <h2 id="registry">In the registry</h2>
        {configured && (
          <>
            <span className={classes.repository}>{repository}</span>
            <Button
              size="compact-sm"
              variant="default"
              loading={isFetching}
              leftSection={<RefreshCw size={13} aria-hidden />}
              onClick={refresh}
            >
              Refresh
            </Button>
          </>
        )}
      </div>
      {rows.length > 0 && <RegistryTable rows={rows} actions={actions} />}
      {!configured && <NoRegistry />}
      {error && <RegistryFailure error={error} onRetry={refresh} />}
      {data && !error && rows.length === 0 && <EmptyRegistry />}
      {configured && !data && !error && <TableSkeleton what="the registry’s images" />}
    </section>
  );
}
