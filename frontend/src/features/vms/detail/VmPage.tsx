import { getRouteApi, Outlet } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { VmRow } from '@/api/vm';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useVms } from '@/live/useLive';
import { Missing } from './Missing';
import { StatusNotice } from './StatusNotice';
import { VmContext } from './vmContext';
import { VmHeader } from './VmHeader';
import { VmTabs } from './VmTabs';
import classes from './VmPage.module.css';

const route = getRouteApi('/vms/$id');

/** One VM: who it is and how it is, what can be done with it, and a tab for each side of it. */
export function VmPage() {
  const { id } = route.useParams();
  return <VmFrame key={id} id={id} />;
}

function VmFrame({ id }: { id: string }) {
  const vms = useVms();
  const row = vms?.get(id);
  // Kept, so that a VM that goes while somebody looks at it goes by its name.
  const [seen, setSeen] = useState<VmRow | undefined>(row);
  if (row && row !== seen) setSeen(row);
  const name = row?.name ?? seen?.name;

  useEffect(() => {
    if (name !== undefined) document.title = `${name} · dstack-vmm`;
  }, [name]);

  return (
    <div className={classes.page}>
      {!vms && (
        <div className={classes.loading}>
          <TableSkeleton what="the virtual machine" />
        </div>
      )}
      {vms && !row && <Missing id={id} last={seen} />}
      {row && (
        <VmContext value={row}>
          <VmHeader row={row} />
          <VmTabs id={id} />
          <StatusNotice row={row} />
          <div className={classes.content}>
            <Outlet />
          </div>
        </VmContext>
      )}
    </div>
  );
}
