import { useDeferredValue, useEffect, useMemo } from 'react';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useNode, useVms } from '@/live/useLive';
import { matches, parseFilter } from './filter';
import { EmptyHost } from './EmptyHost';
import { ListToolbar } from './ListToolbar';
import { NoMatch } from './NoMatch';
import { useFilterText } from './useFilterText';
import { VmTable } from './VmTable';
import classes from './VmListPage.module.css';

/** Every VM, live: find one, see how it is, act on it. */
export function VmListPage() {
  const vms = useVms();
  const node = useNode();
  const [text, setText] = useFilterText();
  // Typing stays fluent at 10,000 rows: the field is ahead of the list for as long as filtering takes.
  const deferred = useDeferredValue(text);
  const all = useMemo(() => (vms ? [...vms.values()] : []), [vms]);
  const shown = useMemo(() => {
    const terms = parseFilter(deferred);
    return terms.length ? all.filter((row) => matches(row, terms)) : all;
  }, [all, deferred]);

  useEffect(() => {
    document.title = node ? `Virtual machines · ${node.name}` : 'dstack-vmm';
  }, [node]);

  return (
    <div className={classes.page}>
      <ListToolbar rows={all} known={vms !== undefined} shown={shown.length} text={text} onText={setText} />
      {!vms && <TableSkeleton what="virtual machines" />}
      {vms && all.length === 0 && <EmptyHost />}
      {all.length > 0 && shown.length === 0 && <NoMatch text={deferred} onClear={() => setText('')} />}
      {shown.length > 0 && <VmTable rows={shown} homeNode={node?.name ?? ''} />}
    </div>
  );
}
