import { Checkbox } from '@mantine/core';
import { permissions, permissionWords } from '@/api/access';
import type { Permission } from '@/api/account';
import classes from '../Form.module.css';

interface Props {
  /** What may be chosen from; the rest its owner may not do either. */
  offered: readonly string[];
  chosen: ReadonlySet<Permission>;
  onChosen: (chosen: ReadonlySet<Permission>) => void;
}

/** What a token is limited to. */
export function ScopeChoice({ offered, chosen, onChosen }: Props) {
  const toggle = (permission: Permission, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(permission);
    else next.delete(permission);
    onChosen(next);
  };
  return (
    <div className={classes.choices}>
      {permissions
        .filter((permission) => offered.includes(permission))
        .map((permission) => (
          <Checkbox
            key={permission}
            label={permissionWords[permission]}
            checked={chosen.has(permission)}
            onChange={(event) => toggle(permission, event.currentTarget.checked)}
          />
        ))}
    </div>
  );
}
