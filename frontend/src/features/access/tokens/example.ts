import type { Permission } from '@/api/account';

/** A call that such a token may make, to paste into a shell. No scopes: all that its owner may. */
export function exampleCall(origin: string, token: string, scopes: readonly string[]): string {
  const may = (permission: Permission): boolean => scopes.length === 0 || scopes.includes(permission);
  const path = may('SEE_VM') ? '/prpc/Status' : may('LOOK') ? '/access/WhoAmI' : null;
  const lines = [`export VMM_TOKEN='${token}'`];
  if (path) lines.push(`curl -sS -H "Authorization: Bearer $VMM_TOKEN" ${origin}${path}`);
  return lines.join('\n');
}
