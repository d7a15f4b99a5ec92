import { createContext, useContext } from 'react';
import type { Check } from './useCheck';
import type { EnvRow } from './environment';
import type { DeployForm, FormChange } from './form';
import type { Remark } from './steps';
import type { Host } from './useHost';

/** A deployment as it is being put together, for its steps. */
export interface Deploy {
  host: Host;
  form: DeployForm;
  setForm: (change: FormChange) => void;
  env: readonly EnvRow[];
  /** Other rows; a compose file that was begun here lets exactly their names in. */
  setEnv: (rows: readonly EnvRow[]) => void;
  /** The VM is there: draft and values are forgotten. */
  finish: () => void;
  check: Check;
  /** All that stands in the way, the server's words and the browser's own. */
  problems: readonly Remark[];
  /** What forbids nothing, and is worth knowing. */
  notes: readonly Remark[];
  /** What is wrong with a field, if it is to be said already: not of one that nobody has come to yet. */
  errorOf: (field: string) => string | undefined;
  /** The compose hash as this browser computes it. */
  hash: string | undefined;
  /** The app id that the VM gets. */
  appId: string | undefined;
}

export const DeployContext = createContext<Deploy | null>(null);

export function useDeploy(): Deploy {
  const deploy = useContext(DeployContext);
  if (!deploy) throw new Error('useDeploy needs a DeployContext above it');
  return deploy;
}
