import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { Aligned } from './aligned';
import { plotOptions } from './plotOptions';
import type { Panel } from './panel';
import classes from './Chart.module.css';

interface Props {
  panel: Panel;
  data: Aligned;
  shown: { from: number; to: number };
  /** The place in the data that is pointed at, or null. */
  onPoint: (place: number | null) => void;
  onZoom: (shown: { from: number; to: number }) => void;
}

/** The drawing itself: a canvas that uPlot keeps. */
export default function Plot({ panel, data, shown, onPoint, onZoom }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme('light');
  const latest = useRef({ data, shown, onPoint, onZoom });

  useEffect(() => {
    latest.current = { data, shown, onPoint, onZoom };
  });

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const size = () => ({ width: element.clientWidth, height: element.clientHeight });
    const made = new uPlot(
      {
        ...plotOptions(panel, element),
        ...size(),
        hooks: {
          setCursor: [({ cursor }) => latest.current.onPoint(cursor.idx ?? null)],
          setSelect: [(drawn) => zoomTo(drawn, (range) => latest.current.onZoom(range))],
        },
      },
      latest.current.data,
      element,
    );
    plot.current = made;
    show(made, latest.current.shown);
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
    // Colours are read once, so another scheme needs another drawing.
  }, [panel, scheme]);

  useEffect(() => {
    if (!plot.current) return;
    plot.current.setData(data, false);
    show(plot.current, shown);
  }, [data, shown]);

  return <div ref={frame} className={classes.frame} />;
}

function show(plot: uPlot, { from, to }: { from: number; to: number }): void {
  plot.setScale('x', { min: from / 1000, max: to / 1000 });
}

/** Narrower than this is a click, or a hand that trembles. */
const LEAST_PX = 8;

function zoomTo(plot: uPlot, onZoom: Props['onZoom']): void {
  const { left, width } = plot.select;
  if (width >= LEAST_PX) {
    onZoom({ from: plot.posToVal(left, 'x') * 1000, to: plot.posToVal(left + width, 'x') * 1000 });
  }
  if (width > 0) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
