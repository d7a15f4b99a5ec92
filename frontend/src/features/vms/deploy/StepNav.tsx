import { Link } from '@tanstack/react-router';
import { Check } from 'lucide-react';
import { useDeploy } from './deployContext';
import { StartOver } from './StartOver';
import { steps, stepOf, stepTitles, type Step } from './steps';
import classes from './StepNav.module.css';

interface Props {
  step: Step;
  /** Steps that somebody has been at and left. */
  seen: ReadonlySet<Step>;
  onStartOver: () => void;
}

/** The steps in their order, each a link, with what is wrong in those that were left. */
export function StepNav({ step, seen, onStartOver }: Props) {
  const { problems } = useDeploy();
  return (
    <nav className={classes.nav} aria-label="Steps">
      <ol className={classes.steps}>
        {steps.map((each, place) => {
          const wrong = seen.has(each) ? problems.filter(({ field }) => stepOf(field) === each).length : 0;
          const done = seen.has(each) && wrong === 0 && each !== 'review';
          return (
            <li key={each}>
              <Link
                to="/deploy"
                search={(before) => ({ ...before, step: each })}
                className={classes.link}
                aria-current={each === step ? 'step' : undefined}
                data-done={done || undefined}
                data-wrong={wrong > 0 || undefined}
              >
                <span className={classes.number} aria-hidden>
                  {done ? <Check size={12} strokeWidth={3} /> : place + 1}
                </span>
                <span className={classes.title}>{stepTitles[each]}</span>
                {wrong > 0 && (
                  <span className="visually-hidden">
                    : {wrong} {wrong === 1 ? 'problem' : 'problems'}
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ol>
      <StartOver onStartOver={onStartOver} />
    </nav>
  );
}
