import type { ReactNode } from 'react';
import classes from './DataTable.module.css';

export interface Column<Row> {
  key: string;
  header: string;
  /** A CSS grid track: `minmax(160px, 1fr)`, `90px`. */
  width: string;
  cell: (row: Row) => ReactNode;
  /** Digits stand below each other at the right. */
  number?: boolean;
  /** The header is for screen readers only, as over a row's buttons. */
  hideHeader?: boolean;
}

interface Props<Row> {
  /** Its name for screen readers. */
  label: string;
  /** The first is what a row is about: its header, and the title of its card on a narrow screen. */
  columns: readonly [Column<Row>, ...Column<Row>[]];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  /** Below a row's cells, over their whole width: an error in full, a form. */
  below?: (row: Row) => ReactNode;
}

/** A table for up to some hundreds of rows; where it has no room, each row becomes a card of named values. */
export function DataTable<Row>({ label, columns, rows, rowKey, below }: Props<Row>) {
  const tracks = { gridTemplateColumns: columns.map(({ width }) => width).join(' ') };
  return (
    <div className={classes.table} role="table" aria-label={label}>
      <div className={classes.head} role="rowgroup">
        <div className={classes.headRow} role="row" style={tracks}>
          {columns.map(({ key, header, number, hideHeader }) => (
            <span key={key} role="columnheader" data-number={number ?? undefined}>
              <span className={hideHeader ? 'visually-hidden' : undefined}>{header}</span>
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup">
        {rows.map((row) => {
          const more = below?.(row);
          return (
            <div key={rowKey(row)} className={classes.row} role="row" style={tracks}>
              {columns.map(({ key, header, cell, number, hideHeader }, place) => (
                <div
                  key={key}
                  className={classes.cell}
                  role={place === 0 ? 'rowheader' : 'cell'}
                  data-number={number ?? undefined}
                  data-label={place === 0 || hideHeader ? undefined : header}
                >
                  {cell(row)}
                </div>
              ))}
              {more ? (
                <div className={classes.below} role="cell">
                  {more}
                </div>
              ) : null}
            </div>
          );
        })}
      </div>
    </div>
  );
}
