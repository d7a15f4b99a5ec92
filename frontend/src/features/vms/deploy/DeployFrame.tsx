import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { DeployContext } from './deployContext';
import { variablesOf } from './environment';
import { Footer } from './Footer';
import { NotCopiedNote, type ForkedFrom } from './NotCopiedNote';
import { StepNav } from './StepNav';
import { ApplicationStep } from './application/ApplicationStep';
import { EnvironmentStep } from './environment/EnvironmentStep';
import { MachineStep } from './machine/MachineStep';
import { NetworkStep } from './network/NetworkStep';
import { ReviewStep } from './review/ReviewStep';
import { steps, type Step } from './steps';
import { forgetDraft, type Draft } from './storage';
import { Summary } from './Summary';
import { consentFor, trustOf } from './keyTrust';
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
}

/** The steps, what they amount to so far, and the way from one to the next. */
export function DeployFrame({ host, first, fork }: Props) {
  const { step = 'application' } = route.useSearch();
  const navigate = useNavigate();
  const seen = useSeen(step);
  const deploy = useDeployment(host, first, fork?.id, seen);
  const [consent, setConsent] = useState('');
  const [trusted, trust] = useTrustedSigners();
  const variables = variablesOf(deploy.env);
  const kmsKey = useKmsKey(deploy.appId, variables.length > 0);
  const keyReady =
    variables.length === 0 ||
    (kmsKey.data !== undefined &&
      (trustOf(kmsKey.data, trusted) === 'trusted' || consentFor(kmsKey.data) === consent));

  const { progress, failure, submit } = useSubmit(trusted, (id) => {
    deploy.setEnv([]);
    forgetDraft(fork?.id);
    void navigate({ to: '/vms/$id/overview', params: { id } });
  });

  const trustedKey: KmsKeyState = { query: kmsKey, trusted, trust, consent, setConsent };
  return (
    <DeployContext value={deploy}>
      <StepNav step={step} seen={seen} />
      {fork && <NotCopiedNote fork={fork} />}
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
    </DeployContext>
  );
}

/** The steps that somebody has been at and left; at the review all of them are looked at. */
function useSeen(step: Step): ReadonlySet<Step> {
  const [visited, setVisited] = useState<ReadonlySet<Step>>(new Set([step]));
  if (!visited.has(step)) setVisited(new Set([...visited, step]));
  return new Set(step === 'review' ? steps : [...visited].filter((each) => each !== step));
}
