import { useEffect, useMemo, useRef, useState } from 'react';
import { appIdOf } from '@/crypto/composeHash';
import { dockerComposeOf, parseAppCompose, withFields } from '../compose/appCompose';
import { brokenYaml } from '../compose/brokenYaml';
import { useComposeHash } from '../compose/useComposeHash';
import type { Deploy } from './deployContext';
import { environmentProblems, variablesOf, type EnvRow } from './environment';
import { requestOf, type DeployForm, type FormChange } from './form';
import { changed } from './ownCompose';
import { besideField, stepOf, type Remark, type Step } from './steps';
import { forgetDraft, writeDraft, type Draft } from './storage';
import { useCheck } from './useCheck';
import { hasKms, type Host } from './useHost';

const nothing: readonly Remark[] = [];

const nothingToRun: Remark = {
  field: 'compose_file',
  message: 'There is nothing to run yet: write a docker-compose file, or choose one',
};

/**
 * The state of one deployment: its form and environment, what the server and the browser find wrong with them, and
 * its identity.
 *
 * @param seen steps that somebody has been at and left
 */
export function useDeployment(
  host: Host,
  first: Draft,
  from: string | undefined,
  seen: ReadonlySet<Step>,
): Deploy {
  const [{ form, env }, setDraft] = useState(first);
  const check = useCheck(requestOf(form));
  const hash = useComposeHash(form.compose);

  const finished = useRef(false);

  useEffect(() => {
    if (!finished.current) writeDraft(from, { form, env });
  }, [from, form, env]);

  const finish = () => {
    finished.current = true;
    forgetDraft(from);
    setDraft((before) => ({ ...before, env: [] }));
  };

  const versionOf = (image: string) => host.images.find(({ name }) => name === image)?.version;
  const setForm = (change: FormChange) =>
    setDraft((before) => ({
      ...before,
      form: changed(before.form, change, versionOf(change.image ?? before.form.image)),
    }));
  const setEnv = (rows: readonly EnvRow[]) =>
    setDraft((before) => ({ form: allowing(before.form, rows), env: rows }));

  const yaml = useMemo(() => dockerComposeOf(parseAppCompose(form.compose) ?? {}), [form.compose]);
  const broken = useMemo(() => brokenYaml(form.compose), [form.compose]);
  const problems = [
    ...(form.own && yaml.trim() === '' ? [nothingToRun] : nothing),
    ...(check.answer?.problems ?? nothing),
    ...environmentProblems(env, form.compose, hasKms(host)),
  ];
  const notes = [
    ...(broken ? [{ field: 'compose_file', message: broken }] : nothing),
    ...(check.answer?.notes ?? nothing),
  ];
  const errorOf = (field: string): string | undefined => {
    if (isEmpty(form, field) && !seen.has(stepOf(field))) return undefined;
    const words = problems.filter((each) => each.field === field).map(besideField);
    return words.length > 0 ? words.join(' ') : undefined;
  };
  const given = form.appId.trim().toLowerCase().replace(/^0x/, '');
  const appId = given || (hash && appIdOf(hash));
  return { host, form, setForm, env, setEnv, finish, check, problems, notes, errorOf, hash, appId };
}

function allowing(form: DeployForm, rows: readonly EnvRow[]): DeployForm {
  if (!form.own) return form;
  const names = new Set(variablesOf(rows).map(({ key }) => key));
  names.delete('');
  return { ...form, compose: withFields(form.compose, { allowed_envs: [...names] }) };
}

/** Nothing has been typed yet where something must be. */
function isEmpty(form: DeployForm, field: string): boolean {
  if (field === 'name') return form.name === '';
  if (field === 'compose_file') return form.own;
  return false;
}
