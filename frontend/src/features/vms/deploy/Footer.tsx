import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useDeploy } from './deployContext';
import { steps, stepTitles, type Step } from './steps';
import type { Progress } from './useSubmit';
import classes from './Footer.module.css';

interface Props {
  step: Step;
  progress: Progress;
  /** The user has nothing more to say of the key that the environment is encrypted to. */
  keyReady: boolean;
  onDeploy: () => void;
}

const progressText: Record<Progress, string> = {
  idle: '',
  sealing: 'Encrypting the environment in this browser…',
  creating:
    'The host prepares the disk and starts the VM. Other VMs that start go first; this takes some seconds.',
};

/** The way on: back, next, straight to the review, and at the review the one button that does it. */
export function Footer({ step, progress, keyReady, onDeploy }: Props) {
  const { problems, form } = useDeploy();
  const place = steps.indexOf(step);
  const before = steps[place - 1];
  const next = steps[place + 1];
  const busy = progress !== 'idle';
  const obstacle = obstacleText(problems.length, keyReady);
  return (
    <div className={classes.footer}>
      {before && !busy && (
        <StepButton step={before} variant="default">
          Back
        </StepButton>
      )}
      <span className={classes.words} id="deploy-state" role="status">
        {step === 'review' && (busy ? progressText[progress] : obstacle)}
      </span>
      {next && next !== 'review' && (
        <Link to="/deploy" search={(now) => ({ ...now, step: 'review' as const })} className={classes.skip}>
          Skip to review
        </Link>
      )}
      {next && <StepButton step={next}>Next: {stepTitles[next]}</StepButton>}
      {step === 'review' && (
        <Button
          loading={busy}
          {...(obstacle !== '' && { 'data-disabled': true })}
          aria-disabled={obstacle !== '' || busy}
          aria-describedby="deploy-state"
          onClick={() => {
            if (obstacle === '' && !busy) onDeploy();
          }}
        >
          {form.stopped ? 'Create, without starting' : 'Deploy'}
        </Button>
      )}
    </div>
  );
}

function StepButton({ step, variant, children }: { step: Step; variant?: 'default'; children: ReactNode }) {
  return (
    <Button
      variant={variant ?? 'filled'}
      renderRoot={(props: object) => <Link to="/deploy" search={(now) => ({ ...now, step })} {...props} />}
    >
      {children}
    </Button>
  );
}

function obstacleText(count: number, keyReady: boolean): string {
  if (count > 0)
    return count === 1 ? 'One thing is to be mended first.' : `${count} things are to be mended first.`;
  return keyReady ? '' : 'Say first whether you trust the key that the environment is encrypted to.';
}
