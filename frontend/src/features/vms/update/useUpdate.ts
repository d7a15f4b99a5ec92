import { useMemo, useState } from 'react';
import type { VmRow } from '@/api/vm';
import { useNodes } from '@/live/useLive';
import { brokenYaml } from '../compose/brokenYaml';
import { useComposeHash } from '../compose/useComposeHash';
import type { Deploy } from '../deploy/deployContext';
import { environmentProblems, variablesOf, type EnvRow } from '../deploy/environment';
import { requestOf, type DeployForm } from '../deploy/form';
import { besideField, type Remark } from '../deploy/steps';
import { useCheck } from '../deploy/useCheck';
import { hasKms, type Host } from '../deploy/useHost';
import { changesOf, ontoTheirs, problemsOf, type Change } from './changes';
import { formOf, type Configuration } from './formOf';

export interface Update {
  deploy: Deploy;
  row: VmRow;
  /** The VM as it was when this began, or when somebody else's change was last taken note of. */
  before: DeployForm;
  base: Configuration;
  changes: readonly Change[];
  /** Nothing can be applied as long as there are any. */
  problems: readonly Remark[];
  /** What is worth knowing of the changes before they are applied. */
  notes: readonly Remark[];
  /** Hash of the compose file that it has. */
  hashBefore: string | undefined;
  /** Environment: null as long as it stays as it is. */
  replacesEnv: boolean;
  setReplacesEnv: (replaces: boolean) => void;
  /** What somebody else has changed meanwhile. */
  theirs: readonly Change[];
  /** Takes the VM as it is now as the base: with what was changed here kept in the form, or with none of it. */
  rebase: (keepMine: boolean) => void;
  /** The changes are written, and this is the VM now. */
  onApplied: (configuration: Configuration) => void;
}

/**
 * The state of one update: the form, what of it differs from the VM, what stands in its way, and what others did.
 *
 * @param latest the configuration as it is now
 */
export function useUpdate(host: Host, row: VmRow, latest: Configuration): Update {
  const [base, setBase] = useState(latest);
  const [typed, setWhole] = useState(() => formOf(latest));
  // Where there are several nodes it is judged by its own, and has that one's images and GPUs.
  const form = useNodes().length > 1 ? { ...typed, node: row.node } : typed;
  const [env, setEnv] = useState<readonly EnvRow[]>([]);
  const [replacesEnv, setReplacesEnv] = useState(false);
  const before = formOf(base);
  const begin = (configuration: Configuration) => {
    setBase(configuration);
    setWhole(formOf(configuration));
    setEnv([]);
    setReplacesEnv(false);
  };
  const hash = useComposeHash(form.compose);
  const hashBefore = useComposeHash(before.compose);
  const changes = changesOf(before, form, replacesEnv);
  const check = useCheck(requestOf(form));

  const own = [...problemsOf(before, form)].map(([field, message]) => ({ field, message }));
  const ofEnv = replacesEnv ? envProblems(env, form.compose, hasKms(host)) : [];
  const checked = (check.answer?.problems ?? []).filter((problem) =>
    concerns(problem, changes, before, form),
  );
  const problems = [...own, ...ofEnv, ...checked];
  const broken = useMemo(() => brokenYaml(typed.compose), [typed.compose]);
  const notes = broken && form.compose !== before.compose ? [{ field: 'compose_file', message: broken }] : [];

  const deploy: Deploy = {
    host,
    form,
    setForm: (change) => setWhole((now) => ({ ...now, ...change })),
    env,
    setEnv,
    finish: () => setEnv([]),
    check,
    problems,
    notes: check.answer?.notes ?? [],
    errorOf: (field) =>
      problems
        .filter((problem) => problem.field === field)
        .map(besideField)
        .join(' ') || undefined,
    hash,
    appId: base.app_id ?? undefined,
  };
  return {
    deploy,
    row,
    before,
    base,
    changes,
    problems,
    notes,
    hashBefore,
    replacesEnv,
    setReplacesEnv: (replaces) => {
      setReplacesEnv(replaces);
      if (!replaces) setEnv([]);
    },
    theirs: changesOf(before, formOf(latest), latest.encrypted_env !== base.encrypted_env),
    rebase: (keepMine) => {
      if (keepMine) {
        setBase(latest);
        setWhole(ontoTheirs(before, form, formOf(latest)));
      } else {
        begin(latest);
      }
    },
    onApplied: begin,
  };
}

function envProblems(env: readonly EnvRow[], compose: string, kms: boolean): readonly Remark[] {
  if (variablesOf(env).length > 0) return environmentProblems(env, compose, kms);
  return [
    { field: 'encrypted_env', message: 'Give at least one variable, or keep the environment as it is.' },
  ];
}

/** Sizes are counted against limits as if the VM were another one; the server counts them right when they change. */
const uncertain = new Set(['', 'name', 'vcpu', 'memory', 'disk_size', 'vms', 'app_id']);

/** CheckVm takes the form for a new VM's: what the VM has already, its own ports above all, is no problem. */
function concerns(
  problem: Remark,
  changes: readonly Change[],
  before: DeployForm,
  form: DeployForm,
): boolean {
  if (uncertain.has(problem.field) || !changes.some(({ field }) => field === problem.field)) return false;
  const place = /^ports\[(\d+)\]/.exec(problem.message)?.[1];
  if (place === undefined) return true;
  const port = JSON.stringify(form.ports[Number(place)]);
  return !before.ports.some((had) => JSON.stringify(had) === port);
}
