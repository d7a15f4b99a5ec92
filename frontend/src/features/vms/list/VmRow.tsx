import { Ellipsis } from 'lucide-react';
import { memo } from 'react';
import type { VmRow as Row } from '@/api/vm';
import type { VmAction } from '@/api/vmActions';
import { CopyButton } from '@/components/ui/CopyButton';
import { shorten } from '@/lib/shorten';
import { followInPage } from './followInPage';
import { PortsCell } from './PortsCell';
import { SizeCells } from './SizeCells';
import { StatusCell } from './StatusCell';
import { UptimeCell } from './UptimeCell';
import type { MenuRequest } from './VmRowMenu';
import classes from './VmRow.module.css';

interface Props {
  row: Row;
  /** Place among the rows shown, from 0. */
  index: number;
  /** Pixels from the start of the list. */
  top: number;
  /** On another node than the one this page comes from. */
  elsewhere: boolean;
  /** Its node isn't heard of. */
  lost: boolean;
  pending: VmAction | null;
  menuOpen: boolean;
  /** Null where there is nothing that one may do with many at once. */
  selected: boolean | null;
  /** Seconds after which a guest that was asked to shut down may be stopped by force. */
  shutdownTimeout: number;
  onSelect: (id: string, withRange: boolean) => void;
  onMenu: (request: MenuRequest) => void;
  onProblem: (id: string) => void;
  onStop: (id: string) => void;
  /** To another page of the console. */
  onGo: (href: string) => void;
}

/** The id of a row's menu button, so that focus can go back to it from a dialog. */
export const actionsButtonId = (id: string): string => `actions-${id}`;

/** One VM. Drawn again only when something of it changes, so scrolling moves rows and draws none of them. */
export const VmRow = memo(function VmRow(props: Props) {
  const { row, index, top, elsewhere, lost, pending, menuOpen, selected, onMenu } = props;
  return (
    <div
      className={classes.row}
      role="row"
      aria-rowindex={index + 2}
      data-selected={selected ?? undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div className={classes.select} role="cell">
        {selected !== null && (
          <input
            type="checkbox"
            aria-label={`Select ${row.name}`}
            checked={selected}
            // Shift is known to a click only, which the keyboard makes, too.
            onClick={(event) => props.onSelect(row.id, event.shiftKey)}
            readOnly
          />
        )}
      </div>
      <div className={classes.name} role="rowheader">
        <div className={classes.line}>
          <a
            className={classes.nameText}
            href={`/vms/${row.id}`}
            title={row.name}
            onClick={(event) => followInPage(event, props.onGo)}
          >
            {row.name}
          </a>
          {row.no_tee && (
            <span
              className={classes.badge}
              title="Runs without a trusted execution environment: the host can read its memory"
            >
              no TEE
            </span>
          )}
        </div>
        <div className={classes.sub}>
          <span className={classes.mono} title={row.id}>
            {shorten(row.id)}
          </span>
          <CopyButton text={row.id} label={`Copy id of ${row.name}`} />
          {elsewhere && (
            <span className={classes.node}>
              on {row.node}
              {lost && ', lost'}
            </span>
          )}
        </div>
      </div>
      <StatusCell
        row={row}
        pending={pending}
        shutdownTimeout={props.shutdownTimeout}
        onProblem={props.onProblem}
        onStop={props.onStop}
      />
      <div className={classes.image} data-column="image" role="cell">
        <span
          className={classes.clip}
          title={row.image_version ? `${row.image}, version ${row.image_version}` : row.image}
        >
          {row.image}
        </span>
      </div>
      <div className={classes.app} data-column="app" role="cell">
        <span className={classes.mono} title={row.app_id}>
          {shorten(row.app_id)}
        </span>
        <CopyButton text={row.app_id} label={`Copy app id of ${row.name}`} />
      </div>
      <div className={classes.onNode} data-column="node" role="cell">
        <span className={classes.clip} title={row.node} data-lost={lost || undefined}>
          {row.node}
          {lost && ', lost'}
        </span>
      </div>
      <SizeCells row={row} />
      <PortsCell row={row} />
      <UptimeCell row={row} />
      <div className={classes.actions} role="cell">
        <button
          type="button"
          id={actionsButtonId(row.id)}
          className={classes.menu}
          aria-label={`Actions for ${row.name}`}
          aria-haspopup="menu"
          aria-expanded={menuOpen}
          aria-busy={pending !== null}
          // An open menu closes on any press outside of it: let the click below decide instead.
          onMouseDown={menuOpen ? (event) => event.stopPropagation() : undefined}
          onTouchStart={menuOpen ? (event) => event.stopPropagation() : undefined}
          onClick={(event) => onMenu({ id: row.id, anchor: event.currentTarget.getBoundingClientRect() })}
        >
          {pending ? <span className={classes.spinner} /> : <Ellipsis size={17} aria-hidden />}
        </button>
      </div>
    </div>
  );
});
