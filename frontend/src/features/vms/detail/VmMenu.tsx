import { Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
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

/** What is done to a VM now and then, of what one may do; where one may change nothing the last line says so. */
export function VmMenu({ row, onAsk }: Props) {
  const may = useMay();
  const changes = may('CHANGE_VM', row);
  const removing = row.status === 'removing';
  return (
    <Menu.Dropdown>
      {changes && !removing && (
        <Menu.Item
          renderRoot={(props) => <Link to="/vms/$id/update" params={{ id: row.id }} {...props} />}
          leftSection={<Pencil {...icon} />}
        >
          Update or resize…
        </Menu.Item>
      )}
      {may('CREATE_VM') && (
        <Menu.Item
          renderRoot={(props) => <Link to="/deploy" search={{ from: row.id }} {...props} />}
          leftSection={<GitFork {...icon} />}
        >
          Fork: deploy another like it…
        </Menu.Item>
      )}
      {may('MANAGE_ACCESS') && (
        <Menu.Item leftSection={<UserRoundCog {...icon} />} disabled={removing} onClick={() => onAsk('give')}>
          Give to a user…
        </Menu.Item>
      )}
      {changes && (
        <>
          <Menu.Divider />
          <Menu.Item
            className={classes.danger}
            leftSection={<Trash2 {...icon} />}
            disabled={!isAllowed('remove', row.status)}
            onClick={() => onAsk('remove')}
          >
            Remove…
          </Menu.Item>
        </>
      )}
      {!changes && <Menu.Label>Your role may not change this virtual machine.</Menu.Label>}
    </Menu.Dropdown>
  );
}
