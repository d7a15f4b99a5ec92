import { useMemo, useState } from 'react';
import { useNow } from '@/hooks/useNow';
import type { Series } from '@/live/series';
import { Chart } from './Chart';
import type { Panel } from './panel';
import { RangeChoice } from './RangeChoice';
import { shownOf, spanSince, type Range } from './range';
import classes from './Charts.module.css';

/** The right end moves in steps of this, so that charts are not drawn every second for nothing. */
const STEP_MS = 5_000;

interface Props {
  /** What they belong to, for the name of the whole: `web-1`. */
  of: string;
  series: Series;
  panels: readonly Panel[];
}

/**
 * Charts of the last hour that share their time: to point at one shows all values of that moment. They begin with as
 * much of the hour as there are figures for.
 */
export function Charts({ of, series, panels }: Props) {
  const [chosen, setChosen] = useState<Range | null>(null);
  const now = Math.ceil(useNow() / STEP_MS) * STEP_MS;
  const range = chosen ?? { last: spanSince(series.points[0]?.[0] ?? now, now) };
  const { from, to } = shownOf(range, now);
  // The same object while nothing of it changes: charts compare it.
  const shown = useMemo(() => ({ from, to }), [from, to]);
  return (
    <div role="group" aria-label={`Figures of ${of}`}>
      <RangeChoice range={range} onRange={setChosen} />
      <div className={classes.grid}>
        {panels.map((panel) => (
          <Chart key={panel.title} panel={panel} series={series} shown={shown} onZoom={setChosen} />
        ))}
      </div>
    </div>
  );
}
