import { useRouter } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useEffect, useMemo } from 'react';
import { useMay } from '@/api/account';
import type { NodeRow } from '@/api/node';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useMediaQuery } from '@/hooks/useMediaQuery';
import { useStored } from '@/hooks/useStored';
import { useConnection } from '@/live/connection';
import { useNode, useNodes, useVms } from '@/live/useLive';
import { BulkPanel } from './BulkPanel';
import { matches, parseFilter } from './filter';
import { EmptyHost } from './EmptyHost';
import { isChoice, withoutRoom, type OptionalColumn } from './layout';
import { ListToolbar } from './ListToolbar';
import { NoMatch } from './NoMatch';
import { useFilterText } from './useFilterText';
import { useOwners } from './useOwners';
import { VmTable } from './VmTable';
import classes from './VmListPage.module.css';

const noneHidden: OptionalColumn[] = [];
const everythingFits: readonly OptionalColumn[] = [];
/** One host needs no column, and a card names it below the VM's name. */
const oneHost: readonly OptionalColumn[] = ['node'];

const lostOf = (nodes: readonly NodeRow[]): ReadonlySet<string> =>
  new Set(nodes.filter(({ state }) => state === 'lost').map(({ name }) => name));

/** Every VM, live: find one, see how it is, act on it, or on many. */
export function VmListPage() {
  const vms = useVms();
  const { connection } = useConnection();
  const node = useNode();
  const may = useMay();
  const router = useRouter();
  const [text, setText] = useFilterText();
  const [hidden, setHidden] = useStored('vms.hidden', noneHidden, isChoice);
  const noRoom = useNoRoom();
  const nodes = useNodes();
  const lostNodes = useMemo(() => lostOf(nodes), [nodes]);
  const inColumn = useMediaQuery('(min-width: 901px)') && nodes.length > 1;
  // Typing stays fluent at 10,000 rows: the field is ahead of the list for as long as filtering takes.
  const deferred = useDeferredValue(text);
  const owners = useOwners(deferred);
  const all = useMemo(() => (vms ? [...vms.values()] : []), [vms]);
  const shown = useMemo(() => {
    const terms = parseFilter(deferred);
    return terms.length ? all.filter((row) => matches(row, terms, owners)) : all;
  }, [all, deferred, owners]);
  const left = useMemo(
    () => [...hidden, ...noRoom, ...(inColumn ? [] : oneHost)],
    [hidden, noRoom, inColumn],
  );
  const go = useCallback((href: string) => router.history.push(href), [router]);

  useEffect(() => {
    document.title = node ? `Virtual machines · ${node.name}` : 'dstack-vmm';
  }, [node]);

  return (
    <div className={classes.page}>
      <ListToolbar
        rows={all}
        known={vms !== undefined}
        shown={shown.length}
        text={text}
        onText={setText}
        hidden={hidden}
        noRoom={noRoom}
        onHidden={setHidden}
      />
      {!vms && connection.phase !== 'refused' && <TableSkeleton what="virtual machines" />}
      {vms && all.length === 0 && <EmptyHost />}
      {all.length > 0 && shown.length === 0 && <NoMatch text={deferred} onClear={() => setText('')} />}
      {shown.length > 0 && (
        <VmTable
          rows={shown}
          homeNode={node?.name ?? ''}
          lostNodes={lostNodes}
          shutdownTimeout={node?.shutdown_timeout ?? Infinity}
          hidden={left}
          may={may}
          onGo={go}
        />
      )}
      {vms && <BulkPanel vms={vms} />}
    </div>
  );
}

/** The columns that the window is too narrow for; cards have room for all. */
function useNoRoom(): readonly OptionalColumn[] {
  const cards = useMediaQuery('(max-width: 900px)');
  const narrow = useMediaQuery('(max-width: 1180px)');
  const medium = useMediaQuery('(max-width: 1460px)');
  return useMemo(() => {
    if (cards) return everythingFits;
    if (narrow) return withoutRoom(1180);
    return withoutRoom(medium ? 1460 : Infinity);
  }, [cards, narrow, medium]);
}
