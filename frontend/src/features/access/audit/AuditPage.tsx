import { Button } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import { useCallback } from 'react';
import { useAccount } from '@/api/account';
import { Empty } from '@/components/ui/Empty';
import { Failure } from '@/components/ui/Failure';
import { Page } from '@/components/ui/Page';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useVms } from '@/live/useLive';
import { AdminsOnly } from '../AdminsOnly';
import { AuditFilters } from './AuditFilters';
import { exportUrl, isFiltered, readSearch, type AuditSearch } from './auditFilter';
import { AuditTable } from './AuditTable';
import { useAudit } from './useAudit';
import classes from './Audit.module.css';
import frame from '../Frame.module.css';

/** Who did what, when, from where, and how it ended; refusals, too. */
export function AuditPage() {
  const account = useAccount();
  const navigate = useNavigate();
  const search = readSearch(useSearch({ strict: false }));
  const may = account?.permissions.includes('MANAGE_ACCESS') ?? false;
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useAudit(search, may);
  const vms = useVms();
  const entries = data?.pages.flatMap((page) => page.entries);

  const change = useCallback(
    (next: AuditSearch) => void navigate({ to: '/audit', search: readSearch({ ...next }), replace: true }),
    [navigate],
  );

  return (
    <Page
      title="Audit log"
      tab="Audit log · dstack-vmm"
      lead="Every change and every refusal: who, what, when, from where, and how it ended."
      actions={may && <Exports search={search} />}
    >
      {account && !may && <AdminsOnly what="The audit log" role={account.role} />}
      {may && (
        <div className={frame.frame}>
          <AuditFilters search={search} onSearch={change} />
          {error && (
            <Failure title="The audit log could not be read" error={error} onRetry={() => void refetch()} />
          )}
          {entries?.length === 0 && <Nothing filtered={isFiltered(search)} onClear={() => change({})} />}
          {entries && entries.length > 0 && (
            <AuditTable entries={entries} vms={vms} onSearch={(given) => change({ ...search, ...given })} />
          )}
          {hasNextPage && (
            <div className={classes.more}>
              <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                Show older
              </Button>
            </div>
          )}
        </div>
      )}
      {may && !data && !error && <TableSkeleton what="the audit log" />}
    </Page>
  );
}

/** The entries that are shown, and all older ones that fit, as files. */
function Exports({ search }: { search: AuditSearch }) {
  const take = (kind: 'csv' | 'jsonl') => window.location.assign(exportUrl(kind, search, Date.now()));
  return (
    <>
      <Button variant="default" leftSection={<Download size={15} aria-hidden />} onClick={() => take('csv')}>
        CSV
      </Button>
      <Button
        variant="default"
        leftSection={<Download size={15} aria-hidden />}
        onClick={() => take('jsonl')}
      >
        JSON lines
      </Button>
    </>
  );
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return (
    <Empty
      title={filtered ? 'Nothing like that is in the log' : 'Nothing is in the log yet'}
      heading="h2"
      action={
        filtered && (
          <Button size="compact-sm" variant="default" onClick={onClear}>
            Show everything
          </Button>
        )
      }
    >
      {filtered
        ? 'Names must be whole; of an action its beginning is enough.'
        : 'The first change to a VM, a user or the host will be here.'}
    </Empty>
  );
}
