import { Menu } from '@mantine/core';
import { GitFork, Pencil, Trash2, UserRoundCog } from 'lucide-react';
import { useMay } from '@/api/account';
import type { VmRow } from '@/api/vm';
import { isAllowed } from '../allowedActions';
import type { DialogKind } from './VmActions';
import classes from './VmActions.module.css';

const icon = { size: 15, 'aria-hidden': true };

interface Props {
  row: VmRow;
  onAsk: (dialog: DialogKind) => void;
}

/** What is done to a VM now and then. What one may not do is shown and can't be chosen; the last line says why. */
export function VmMenu({ row, onAsk }: Props) {
  const may = useMay();
  const changes = may('CHANGE_VM', row);
  const removing = row.status === 'removing';
  return (
    <Menu.Dropdown>
      <Menu.Item
        component="a"
        href={`/vms/${row.id}/update`}
        leftSection={<Pencil {...icon} />}
        disabled={!changes || removing}
      >
        Update or resize…
      </Menu.Item>
      <Menu.Item
        component="a"
        href={`/deploy?from=${row.id}`}
        leftSection={<GitFork {...icon} />}
        disabled={!may('CREATE_VM')}
      >
        Fork: deploy another like it…
      </Menu.Item>
      {may('MANAGE_ACCESS') && (
        <Menu.Item leftSection={<UserRoundCog {...icon} />} disabled={removing} onClick={() => onAsk('give')}>
          Give to a user…
        </Menu.Item>
      )}
      <Menu.Divider />
      <Menu.Item
        className={classes.danger}
        leftSection={<Trash2 {...icon} />}
        disabled={!changes || !isAllowed('remove', row.status)}
        onClick={() => onAsk('remove')}
      >
        Remove…
      </Menu.Item>
      {!changes && <Menu.Label>Your role may not change this virtual machine.</Menu.Label>}
    </Menu.Dropdown>
  );
}
