import { Check, CircleAlert, Loader as Turning } from 'lucide-react';
import type { Progress, StepName } from './useApply';
import classes from './Update.module.css';

const words: Record<StepName, string> = {
  check: 'Look whether somebody else has changed it',
  shutdown: 'Shut down',
  stop: 'Stop',
  update: 'Apply the changes',
  start: 'Start',
};

/** How far it is, and where it ended. */
export function ApplyProgress({ progress }: { progress: Progress }) {
  const { steps, at, failure } = progress;
  const updated = at > steps.indexOf('update');
  const stopped = at > Math.max(steps.indexOf('shutdown'), steps.indexOf('stop'));
  const hasStop = steps.includes('shutdown') || steps.includes('stop');
  return (
    <div className={classes.progress} role="status">
      <ol>
        {steps.map((step, place) => (
          <li key={step} data-state={place < at ? 'done' : place > at ? 'next' : failure ? 'failed' : 'now'}>
            <span className={classes.mark} aria-hidden>
              {place < at && <Check size={14} />}
              {place === at && (failure ? <CircleAlert size={14} /> : <Turning size={14} />)}
            </span>
            {words[step]}
          </li>
        ))}
      </ol>
      {failure && (
        <p className={classes.problem}>
          {failure}{' '}
          {updated
            ? 'The changes are written; only the start failed.'
            : hasStop && stopped
              ? 'The VM is off and unchanged.'
              : ''}
        </p>
      )}
    </div>
  );
}
