import { createContext, useContext } from 'react';
import type { VmRow } from '@/api/vm';

export const VmContext = createContext<VmRow | null>(null);

/** The VM whose page this is, as the host sees it now. */
export function useVm(): VmRow {
  const row = useContext(VmContext);
  if (!row) throw new Error('useVm is for what is drawn on the page of a VM');
  return row;
}
