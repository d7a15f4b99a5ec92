import type { UserInfo } from '@/api/access';
import type { RequestOf } from '@/api/methods';
import { formatDisk, formatMemory } from '@/lib/size';

/** What a user's VMs have in all, and what limits it. */
export interface Quota {
  of: 'vms' | 'vcpu' | 'memory' | 'disk_size' | 'gpus';
  limit: 'max_vms' | 'max_vcpu' | 'max_memory' | 'max_disk_size' | 'max_gpus';
  title: string;
  /** How the number in a field is meant. */
  unit: string;
  format: (amount: number) => string;
}

export const quotas: readonly Quota[] = [
  { of: 'vms', limit: 'max_vms', title: 'VMs', unit: 'VMs', format: String },
  { of: 'vcpu', limit: 'max_vcpu', title: 'vCPUs', unit: 'vCPUs', format: String },
  { of: 'memory', limit: 'max_memory', title: 'Memory', unit: 'MB', format: formatMemory },
  { of: 'disk_size', limit: 'max_disk_size', title: 'Disk', unit: 'GB', format: formatDisk },
  { of: 'gpus', limit: 'max_gpus', title: 'GPUs', unit: 'GPUs', format: String },
];

/** The limits as they are in the fields of a form: text, empty for no limit. */
export type LimitTexts = Record<Quota['limit'], string>;

export function limitTexts(user: UserInfo | null): LimitTexts {
  const texts = quotas.map(({ limit }) => [limit, String(user?.[limit] ?? '')] as const);
  return Object.fromEntries(texts) as LimitTexts;
}

export const isLimit = (text: string): boolean => /^\d{0,10}$/.test(text.trim());

/** Those limits as SaveUser takes them, all of them. */
export function limitsOf(
  texts: LimitTexts,
): Pick<RequestOf<'AccessSaveUser'>, Quota['limit'] | 'update_quotas'> {
  const limits = quotas.map(({ limit }) => {
    const text = texts[limit].trim();
    return [limit, text === '' ? null : Number(text)] as const;
  });
  return { update_quotas: true, ...Object.fromEntries(limits) };
}
