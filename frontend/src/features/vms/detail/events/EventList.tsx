import { memo } from 'react';
import { formatDay, formatInstant, formatTimeOfDay } from '@/lib/duration';
import type { VmEvent } from '../useVmEvents';
import { sourceOf, wordsOf } from './eventWords';
import classes from './EventList.module.css';

/** Events, newest first, a heading for each day. Given oldest first. */
export function EventList({ events }: { events: readonly VmEvent[] }) {
  return (
    <div className={classes.days}>
      {byDay(events.toReversed()).map(({ day, events: ofDay }) => (
        <section key={day} className={classes.day} aria-label={day}>
          <h3>{day}</h3>
          <ol className={classes.events}>
            {ofDay.map((event) => (
              <Line key={event.number} event={event} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

interface Day {
  day: string;
  events: VmEvent[];
}

function byDay(events: readonly VmEvent[]): Day[] {
  const days: Day[] = [];
  for (const event of events) {
    const day = formatDay(event.timestamp);
    const last = days.at(-1);
    if (last?.day === day) last.events.push(event);
    else days.push({ day, events: [event] });
  }
  return days;
}

const Line = memo(function Line({ event }: { event: VmEvent }) {
  const { label, weight } = wordsOf(event);
  const source = sourceOf(event);
  return (
    <li className={classes.event} data-weight={weight}>
      <time
        className={classes.time}
        dateTime={new Date(event.timestamp).toISOString()}
        title={formatInstant(event.timestamp)}
      >
        {formatTimeOfDay(event.timestamp)}
      </time>
      <span className={classes.source} data-of={source}>
        {source}
      </span>
      <span className={classes.label} title={event.event}>
        {label}
      </span>
      <span className={classes.body}>{event.body}</span>
    </li>
  );
});
