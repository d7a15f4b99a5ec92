import type uPlot from 'uplot';
import type { Panel } from './panel';

/** What all charts of a page are tied together by. */
const SYNC = 'figures';
const hourAndMinute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const toTheSecond = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const powersOfTwo = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** How a panel is drawn, in the colours that the element has now. Size and hooks are the caller's. */
export function plotOptions(panel: Panel, element: HTMLElement): Omit<uPlot.Options, 'width' | 'height'> {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    font: `11px ${style.fontFamily}`,
    stroke: colour('ink-faint'),
    ticks: { show: false },
    grid: { stroke: colour('line'), width: 1 },
  };
  return {
    legend: { show: false },
    padding: [8, 24, 0, 0],
    cursor: {
      sync: { key: SYNC },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
    },
    scales: { x: { time: true, auto: false }, y: { range: (_, __, most) => [0, top(panel, most)] } },
    axes: [
      {
        ...axis,
        space: 64,
        size: 24,
        gap: 4,
        values: (_, splits, __, ___, step) => {
          const format = step < 60 ? toTheSecond : hourAndMinute;
          return splits.map((at) => format.format(at * 1000));
        },
      },
      {
        ...axis,
        space: 26,
        size: 64,
        gap: 6,
        ...(panel.binary ? { incrs: powersOfTwo } : {}),
        values: (_, splits) => splits.map((value) => panel.format(value)),
      },
    ],
    series: [
      {},
      ...panel.lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        // The colours of styles/tokens.css are six hex digits; two more are the opacity. Several areas would mix.
        ...(panel.lines.length === 1 && { fill: `${colour(line.colour)}1f` }),
        width: 1.5,
        points: { show: false },
      })),
    ],
  };
}

/** The upper end of the scale: some air above the highest value. */
const top = (panel: Panel, most: number | null): number => Math.max(panel.least, (most ?? 0) * 1.1);
