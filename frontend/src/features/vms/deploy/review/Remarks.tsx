import { Link } from '@tanstack/react-router';
import { stepOf, stepTitles, type Remark } from '../steps';
import classes from './Review.module.css';

interface Props {
  title: string;
  tone: 'alarm' | 'notice';
  remarks: readonly Remark[];
}

/** What is said of the request, each with the way to where it can be changed. */
export function Remarks({ title, tone, remarks }: Props) {
  if (remarks.length === 0) return null;
  return (
    <section className={classes.remarks} data-tone={tone} aria-label={title}>
      <h2>{title}</h2>
      <ul>
        {remarks.map(({ field, message }) => {
          const step = stepOf(field);
          return (
            <li key={`${field} ${message}`}>
              <span>{message}</span>
              {step !== 'review' && (
                <Link to="/deploy" search={(before) => ({ ...before, step })}>
                  {stepTitles[step]}
                </Link>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
