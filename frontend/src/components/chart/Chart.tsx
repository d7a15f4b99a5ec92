import { lazy, Suspense, useMemo, useState } from 'react';
import type { Series } from '@/live/series';
import { aligned, extent, isKnown } from './aligned';
import type { Panel } from './panel';
import { formatTimeOfDay } from '@/lib/duration';
import classes from './Chart.module.css';

const Plot = lazy(() => import('./Plot'));

interface Props {
  panel: Panel;
  series: Series;
  /** Times at the left and the right end, in ms since 1970. */
  shown: { from: number; to: number };
  onZoom: (shown: { from: number; to: number }) => void;
}

/** A titled chart with the value of each line: the newest, or that of the moment which is pointed at. */
export function Chart({ panel, series, shown, onZoom }: Props) {
  const [pointed, setPointed] = useState<number | null>(null);
  const { title, hint, lines, format } = panel;
  const data = useMemo(() => aligned(series, lines), [series, lines]);
  const extents = lines.map((_, place) => extent(data, place, shown.from, shown.to));
  const known = lines.some(({ column }) => isKnown(series, column));
  const at = pointed === null ? undefined : data[0][pointed];

  const valueOf = (place: number): string => {
    const value = pointed === null ? extents[place]?.last : data[place + 1]?.[pointed];
    return value === undefined || value === null ? '–' : format(value);
  };
  const summary = lines.map(({ label }, place) => {
    const found = extents[place];
    if (!found) return `${label}: not known`;
    return `${label}: ${format(found.last)}, between ${format(found.least)} and ${format(found.most)}`;
  });

  return (
    <figure className={classes.chart}>
      <figcaption className={classes.head}>
        <span className={classes.title}>{title}</span>
        {hint !== undefined && <span className={classes.hint}>{hint}</span>}
        <span className={classes.at}>{at === undefined ? '' : formatTimeOfDay(at * 1000)}</span>
      </figcaption>
      <div className={classes.values} aria-hidden>
        {lines.map(({ label, colour }, place) => (
          <span key={label} className={classes.value}>
            <span className={classes.swatch} data-colour={colour} />
            {label} <strong>{valueOf(place)}</strong>
          </span>
        ))}
      </div>
      <div className={classes.plot} role="img" aria-label={`${title}. ${summary.join('. ')}.`}>
        {known ? (
          <Suspense>
            <Plot panel={panel} data={data} shown={shown} onPoint={setPointed} onZoom={onZoom} />
          </Suspense>
        ) : (
          <p className={classes.nothing}>Nothing is known of it in the last hour.</p>
        )}
      </div>
    </figure>
  );
}
