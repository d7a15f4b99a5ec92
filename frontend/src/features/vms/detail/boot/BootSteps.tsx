import { Check, CircleAlert, CircleDashed, Hourglass, X } from 'lucide-react';
import { useNow } from '@/hooks/useNow';
import { formatDuration, formatInstant } from '@/lib/duration';
import type { Boot, BootStep, StepState, Trouble } from './bootSteps';
import classes from './BootSteps.module.css';

const stateWords: Record<StepState, string> = {
  done: 'done',
  now: 'under way',
  ended: 'it ended here',
  ahead: 'to come',
};

const troubleWords: Record<Trouble['kind'], string> = {
  error: 'Error',
  stall: 'No progress',
  exit: 'Ended',
};

interface Props {
  boot: Boot;
  /** Whether this guest tells of its boot at all. */
  reports: boolean;
}

/** The steps in order, each with the time it took, and what went wrong beside the step where it did. */
export function BootSteps({ boot, reports }: Props) {
  const now = boot.steps.find(({ state }) => state === 'now');
  return (
    <div className={classes.card}>
      <p className="visually-hidden" role="status">
        {now && reports ? `Booting: ${now.words}` : boot.tookMs !== null ? 'Booted' : ''}
      </p>
      <ol className={classes.steps}>
        {boot.steps.map((step, place) => (
          <Step key={place} step={step} reports={reports} />
        ))}
      </ol>
      {!reports && <p className={classes.silent}>Guests of this image report nothing of their boot.</p>}
    </div>
  );
}

function Step({ step, reports }: { step: BootStep; reports: boolean }) {
  const { words, means, state, at, tookMs, troubles } = step;
  const shown = state === 'now' && !reports ? 'done' : state;
  return (
    <li className={classes.step} data-state={shown} data-trouble={troubles.length > 0 || undefined}>
      <Mark state={shown} troubled={troubles.length > 0} />
      <div className={classes.text}>
        <div className={classes.line}>
          <span className={classes.words}>{words}</span>
          <span className="visually-hidden">{stateWords[shown]}</span>
          {at !== null && (
            <span className={classes.took} title={`Began ${formatInstant(at)}`}>
              {tookMs !== null ? took(tookMs) : shown === 'now' && <Since at={at} />}
            </span>
          )}
        </div>
        {means && <div className={classes.means}>{means}</div>}
        {troubles.map((trouble) => (
          <div key={`${trouble.at} ${trouble.text}`} className={classes.trouble} data-kind={trouble.kind}>
            <strong>{troubleWords[trouble.kind]}:</strong> {trouble.text}
          </div>
        ))}
      </div>
    </li>
  );
}

function Mark({ state, troubled }: { state: StepState; troubled: boolean }) {
  const icon = { size: 13, strokeWidth: 2.5, 'aria-hidden': true };
  return (
    <span className={classes.mark}>
      {state === 'ended' ? (
        <X {...icon} />
      ) : state === 'ahead' ? (
        <CircleDashed {...icon} />
      ) : troubled ? (
        <CircleAlert {...icon} />
      ) : state === 'now' ? (
        <Hourglass {...icon} />
      ) : (
        <Check {...icon} />
      )}
    </span>
  );
}

function Since({ at }: { at: number }) {
  return `${formatDuration(useNow() - at)} so far`;
}

/** Short steps deserve a digit after the point. */
const took = (ms: number): string =>
  ms < 10_000 ? `${(Math.max(0, ms) / 1000).toFixed(1)}s` : formatDuration(ms);
