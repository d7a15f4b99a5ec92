import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type RefObject } from 'react';
import { DeployContext } from './deployContext';
import { variablesOf } from './environment';
import { Footer } from './Footer';
import { needsKey } from './needsKey';
import { NotCopiedNote, type ForkedFrom } from './NotCopiedNote';
import { StepNav } from './StepNav';
import { ApplicationStep } from './application/ApplicationStep';
import { EnvironmentStep } from './environment/EnvironmentStep';
import { MachineStep } from './machine/MachineStep';
import { NetworkStep } from './network/NetworkStep';
import { ReviewStep } from './review/ReviewStep';
import { steps, type Step } from './steps';
import type { Draft } from './storage';
import { Summary } from './Summary';
import { isAgreed } from './keyTrust';
import { useTrustedSigners } from './trustedSigners';
import { useDeployment } from './useDeployment';
import type { Host } from './useHost';
import { useKmsKey } from './useKmsKey';
import type { KmsKeyState } from './environment/KmsKey';
import { useSubmit } from './useSubmit';
import classes from './Deploy.module.css';

const route = getRouteApi('/deploy');

interface Props {
  host: Host;
  first: Draft;
  fork?: ForkedFrom;
  /** Throws everything away and begins anew. */
  onStartOver: () => void;
}

/** The steps, what they amount to so far, and the way from one to the next. */
export function DeployFrame({ host, first, fork, onStartOver }: Props) {
  const { step = 'application' } = route.useSearch();
  const navigate = useNavigate();
  const seen = useSeen(step);
  const deploy = useDeployment(host, first, fork?.id, seen);
  const content = useFocusOnStep(step);
  const [consent, setConsent] = useState('');
  const [trusted, trust] = useTrustedSigners();
  const variables = variablesOf(deploy.env);
  const kmsKey = useKmsKey(deploy.appId, needsKey(deploy.form, deploy.env, host));
  const keyReady =
    variables.length === 0 || (kmsKey.data !== undefined && isAgreed(kmsKey.data, trusted, consent));

  const { progress, failure, submit } = useSubmit(trusted, (id) => {
    deploy.finish();
    void navigate({ to: '/vms/$id/overview', params: { id } });
  });

  const trustedKey: KmsKeyState = { query: kmsKey, trusted, trust, consent, setConsent };
  return (
    <DeployContext value={deploy}>
      <div ref={content}>
        <StepNav step={step} seen={seen} onStartOver={onStartOver} />
        {fork && <NotCopiedNote fork={fork} step={step} />}
        <div className={classes.columns}>
          <div className={classes.step}>
            {step === 'application' && <ApplicationStep />}
            {step === 'environment' && <EnvironmentStep kmsKey={trustedKey} />}
            {step === 'machine' && <MachineStep />}
            {step === 'network' && <NetworkStep />}
            {step === 'review' && <ReviewStep kmsKey={trustedKey} failure={failure} />}
            <Footer
              step={step}
              progress={progress}
              keyReady={keyReady}
              onDeploy={() => submit(deploy.form, variables, consent)}
            />
          </div>
          <Summary />
        </div>
      </div>
    </DeployContext>
  );
}

/** The steps that somebody has been at and left; at the review all of them are looked at. */
function useSeen(step: Step): ReadonlySet<Step> {
  const [visited, setVisited] = useState<ReadonlySet<Step>>(new Set([step]));
  if (!visited.has(step)) setVisited(new Set([...visited, step]));
  return new Set(step === 'review' ? steps : [...visited].filter((each) => each !== step));
}

/** Whoever goes to another step by keyboard, or hears it read, starts at its first title. */
function useFocusOnStep(step: Step): RefObject<HTMLDivElement | null> {
  const content = useRef<HTMLDivElement>(null);
  const before = useRef(step);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    const title = content.current?.querySelector<HTMLElement>(`.${classes.step} h2`);
    if (!title) return;
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
    content.current?.scrollIntoView({ block: 'start' });
  }, [step]);
  return content;
}
