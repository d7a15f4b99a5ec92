import type { UserInfo } from '@/api/access';
import type { Quota } from './quotas';
import classes from './Users.module.css';

/** How much of something a user's VMs have, of how much they may have. */
export function QuotaCell({ user, quota }: { user: UserInfo; quota: Quota }) {
  const used = user[quota.of];
  const limit = user[quota.limit] ?? null;
  return (
    <span className={classes.quota} data-full={(limit !== null && limit > 0 && used >= limit) || undefined}>
      {quota.format(used)}
      {limit === null ? null : <span className={classes.limit}> of {quota.format(limit)}</span>}
    </span>
  );
}
