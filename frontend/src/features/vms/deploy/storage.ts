import { emptyForm } from './emptyForm';
import { envRow, type EnvRow } from './environment';
import type { DeployForm } from './form';

/** What survives when the page is loaded again or left for a while, for as long as the tab is open. */
export interface Draft {
  form: DeployForm;
  env: readonly EnvRow[];
}

const keyOf = (from: string | undefined): string => (from ? `vmm.deploy.${from}` : 'vmm.deploy');

/** The draft of this tab, with the names of its variables and none of their values. */
export function readDraft(from: string | undefined): Draft | null {
  try {
    const stored: unknown = JSON.parse(window.sessionStorage.getItem(keyOf(from)) ?? 'null');
    if (!isDraft(stored)) return null;
    return { form: stored.form, env: stored.names.map((name) => envRow(name, '', true)) };
  } catch {
    return null;
  }
}

export function writeDraft(from: string | undefined, { form, env }: Draft): void {
  const names = env.map(({ key }) => key).filter((key) => key !== '');
  try {
    window.sessionStorage.setItem(keyOf(from), JSON.stringify({ form, names }));
  } catch {
    // Storage is full or forbidden: the draft lives until the page is left.
  }
}

export function forgetDraft(from: string | undefined): void {
  try {
    window.sessionStorage.removeItem(keyOf(from));
  } catch {
    // Then there is none.
  }
}

/** Written by this page as it is now, not by an older one whose fields were others. */
function isDraft(value: unknown): value is { form: DeployForm; names: string[] } {
  if (typeof value !== 'object' || value === null || !('form' in value) || !('names' in value)) return false;
  const { form, names } = value;
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) return false;
  if (typeof form !== 'object' || form === null) return false;
  return Object.entries(emptyForm).every(
    ([name, empty]) => name in form && sameKind((form as Record<string, unknown>)[name], empty),
  );
}

function sameKind(value: unknown, empty: unknown): boolean {
  if (typeof empty === 'number') return typeof value === 'number' || value === '';
  return typeof value === typeof empty && Array.isArray(value) === Array.isArray(empty);
}
