import { ActionIcon, Menu } from '@mantine/core';
import { Ellipsis, KeyRound, List, Pencil, Trash2, UserRoundCheck, UserRoundX } from 'lucide-react';
import { useNavigate } from '@tanstack/react-router';
import type { UserInfo } from '@/api/access';
import classes from './Users.module.css';

export type UserDialogKind = 'edit' | 'password' | 'delete' | 'disable';

interface Props {
  user: UserInfo;
  onAsk: (kind: UserDialogKind) => void;
  onEnable: () => void;
}

export const userMenuId = (name: string): string => `user-${name}`;

const icon = { size: 15, 'aria-hidden': true };

/** What can be done with a user. */
export function UserMenu({ user, onAsk, onEnable }: Props) {
  const navigate = useNavigate();
  return (
    <Menu position="bottom-end" width={200} shadow="md" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon
          id={userMenuId(user.name)}
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={`Actions for ${user.name}`}
        >
          <Ellipsis size={17} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Pencil {...icon} />} onClick={() => onAsk('edit')}>
          Role and limits…
        </Menu.Item>
        <Menu.Item leftSection={<KeyRound {...icon} />} onClick={() => onAsk('password')}>
          Set password…
        </Menu.Item>
        <Menu.Item
          leftSection={<List {...icon} />}
          onClick={() => void navigate({ to: '/', search: { q: `owner:${user.name}` } })}
        >
          Show their VMs
        </Menu.Item>
        <Menu.Divider />
        {user.active ? (
          <Menu.Item leftSection={<UserRoundX {...icon} />} onClick={() => onAsk('disable')}>
            Disable…
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<UserRoundCheck {...icon} />} onClick={onEnable}>
            Enable
          </Menu.Item>
        )}
        <Menu.Item
          className={classes.danger}
          leftSection={<Trash2 {...icon} />}
          onClick={() => onAsk('delete')}
        >
          Delete…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
