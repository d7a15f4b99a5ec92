import { getCoreRowModel, useReactTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { May } from '@/api/account';
import type { VmRow as Row } from '@/api/vm';
import { useMediaQuery } from '@/hooks/useMediaQuery';
import { useStored } from '@/hooks/useStored';
import { pendingActions } from '../pendingActions';
import { BulkBar } from './BulkBar';
import { BulkDialog } from './BulkDialog';
import { columns, defaultSorting, isSorting } from './columns';
import { gridWithout } from './layout';
import { inOrder, isSortKey } from './order';
import { SortSelect } from './SortSelect';
import { TableHead } from './TableHead';
import { useBulk } from './useBulk';
import { useSelection } from './useSelection';
import { VmDialogs, type DialogRequest } from './VmDialogs';
import { VmRow } from './VmRow';
import { VmRowMenu, type MenuRequest } from './VmRowMenu';
import classes from './VmTable.module.css';

/** Heights of one VM, which CSS keeps to: a line of the table, or a card where there is no room for one. */
const LINE_PX = 54;
const CARD_PX = 136;
/** Rows kept ready above and below, few enough that a tall window stays under 60 of them. */
const OVERSCAN = 8;

/** The table library keeps columns and sorting; a row object of its own for each of 10,000 VMs, at every change, is too much. */
const noData: Row[] = [];

interface Props {
  rows: Row[];
  /** The node this page is served from; rows of others say which they are on. */
  homeNode: string;
  /** Names of nodes that aren't heard of. */
  lostNodes: ReadonlySet<string>;
  /** Seconds after which a guest that was asked to shut down may be stopped by force. */
  shutdownTimeout: number;
  /** Columns left out. */
  hidden: readonly string[];
  may: May;
  /** To another page of the console. */
  onGo: (href: string) => void;
}

/** The rows, sorted and virtual: only those near the window exist. One menu and one dialog serve them all. */
export function VmTable({ rows, homeNode, lostNodes, shutdownTimeout, hidden, may, onGo }: Props) {
  const [sorting, setSorting] = useStored('vms.sorting', defaultSorting, isSorting);
  const [menu, setMenu] = useState<MenuRequest | null>(null);
  const [dialog, setDialog] = useState<DialogRequest | null>(null);
  const pending = useSyncExternalStore(pendingActions.subscribe, pendingActions.snapshot);
  const cards = useMediaQuery('(max-width: 900px)');
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useMemo(() => gridWithout(hidden), [hidden]);

  const table = useReactTable({
    data: noData,
    columns,
    state: { sorting },
    onSortingChange: (change) => setSorting(typeof change === 'function' ? change(sorting) : change),
    getCoreRowModel: getCoreRowModel(),
    manualSorting: true,
    enableSortingRemoval: false,
    enableMultiSort: false,
  });
  const sorted = useMemo(() => {
    const [by] = sorting;
    return inOrder(rows, isSortKey(by?.id) ? by.id : 'name', by?.desc ?? false);
  }, [rows, sorting]);
  const { selection, chosen, select, selectAll, clear } = useSelection(sorted);
  const bulk = useBulk(clear);
  const maySelect = may('STEER_VM') || may('CHANGE_VM');

  const height = cards ? CARD_PX : LINE_PX;
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => sorted[index]?.id ?? index,
    overscan: OVERSCAN,
  });

  const openMenu = useCallback((request: MenuRequest) => {
    setMenu((open) => (open?.id === request.id ? null : request));
  }, []);
  const showProblem = useCallback((id: string) => setDialog({ kind: 'problem', id }), []);
  const askToStop = useCallback((id: string) => setDialog({ kind: 'stop', id }), []);
  const byId = (id: string | undefined): Row | undefined => rows.find((row) => row.id === id);

  return (
    <>
      {cards && <SortSelect sorting={sorting} onSorting={setSorting} />}
      {/* Keys for all that is in it; each thing in it has its own way by mouse. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        className={classes.scroller}
        // The menu stands where its button was when it was opened.
        onScroll={() => setMenu(null)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') clear();
          if (event.key !== 'a' || !(event.ctrlKey || event.metaKey) || !maySelect) return;
          event.preventDefault();
          selectAll();
        }}
        role="region"
        aria-label="Virtual machines"
        // What scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        <div
          className={classes.table}
          style={grid}
          data-hidden={hidden.join(' ')}
          role="table"
          aria-label="Virtual machines"
          aria-rowcount={sorted.length + 1}
        >
          <TableHead
            headers={table.getFlatHeaders()}
            selected={maySelect ? extentOf(chosen.length, sorted.length) : null}
            onSelectAll={selectAll}
            onClear={clear}
          />
          <div className={classes.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const row = sorted[item.index];
              if (!row) return null;
              const asked = pending.get(row.id);
              return (
                <VmRow
                  key={item.key}
                  row={row}
                  index={item.index}
                  top={item.start}
                  elsewhere={row.node !== homeNode && hidden.includes('node')}
                  lost={lostNodes.has(row.node)}
                  pending={asked?.revision === row.revision ? asked.action : null}
                  menuOpen={menu?.id === row.id}
                  selected={maySelect ? selection.has(row.id) : null}
                  shutdownTimeout={shutdownTimeout}
                  onSelect={select}
                  onMenu={openMenu}
                  onProblem={showProblem}
                  onStop={askToStop}
                  onGo={onGo}
                />
              );
            })}
          </div>
        </div>
      </div>
      {chosen.length > 0 && (
        <BulkBar rows={chosen} may={may} busy={bulk.busy} onAsk={bulk.ask} onClear={clear} />
      )}
      <VmRowMenu
        request={menu}
        row={byId(menu?.id)}
        may={may}
        onClose={() => setMenu(null)}
        onAsk={setDialog}
        onGo={onGo}
      />
      <VmDialogs request={dialog} row={byId(dialog?.id)} onClose={() => setDialog(null)} />
      {bulk.request && (
        <BulkDialog
          {...bulk.request}
          onClose={bulk.cancel}
          onConfirm={() => bulk.request && bulk.begin(bulk.request)}
        />
      )}
    </>
  );
}

function extentOf(chosen: number, shown: number): 'all' | 'some' | 'none' {
  if (chosen === 0) return 'none';
  return chosen === shown ? 'all' : 'some';
}
