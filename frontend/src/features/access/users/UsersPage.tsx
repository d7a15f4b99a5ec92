import { Button } from '@mantine/core';
import { UserRoundPlus } from 'lucide-react';
import { useState } from 'react';
import { useUsers } from '@/api/access';
import { useAccount } from '@/api/account';
import { keys } from '@/api/keys';
import { Failure } from '@/components/ui/Failure';
import { Page } from '@/components/ui/Page';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { AdminsOnly } from '../AdminsOnly';
import { useSave } from '../useSave';
import { DeleteUser, DisableUser } from './ConfirmUser';
import { SetPassword } from './SetPassword';
import { UserForm } from './UserForm';
import { userMenuId, type UserDialogKind } from './UserMenu';
import { UserTable } from './UserTable';
import frame from '../Frame.module.css';

type Asked = { kind: 'new' } | { kind: UserDialogKind; name: string };

/** Who may log in, what they may do, and how much they may have. */
export function UsersPage() {
  const account = useAccount();
  const [asked, setAsked] = useState<Asked | null>(null);
  const may = account?.permissions.includes('MANAGE_ACCESS') ?? false;
  const { data: users, error, refetch } = useUsers(may);
  const enable = useSave({
    method: 'AccessSaveUser',
    key: keys.users,
    done: ({ name }) => `${name} can log in again`,
    onDone: () => undefined,
  });

  const close = () => {
    setAsked(null);
    const back = asked && 'name' in asked ? userMenuId(asked.name) : 'new-user';
    setTimeout(() => document.getElementById(back)?.focus(), 0);
  };
  const user = asked && 'name' in asked ? users?.find(({ name }) => name === asked.name) : undefined;

  return (
    <Page
      title="Users"
      tab="Users · dstack-vmm"
      lead="Who may log in, what they may do, and how much their VMs may have."
      actions={
        may && (
          <Button
            id="new-user"
            leftSection={<UserRoundPlus size={16} aria-hidden />}
            onClick={() => setAsked({ kind: 'new' })}
          >
            New user
          </Button>
        )
      }
    >
      {account && !may && <AdminsOnly what="Users" role={account.role} />}
      {may && (
        <div className={frame.frame}>
          {!account?.authentication && (
            <p className={frame.note}>
              Nobody has to log in on this server: roles and limits have no effect until its operator switches
              authentication on (<code>auth.enabled</code> in the settings).
            </p>
          )}
          {error && (
            <Failure title="The users could not be read" error={error} onRetry={() => void refetch()} />
          )}
        </div>
      )}
      {may && !users && !error && <TableSkeleton what="users" />}
      {users && (
        <div className={frame.frame}>
          <UserTable
            users={users}
            ownId={account?.user_id ?? null}
            onAsk={(kind, { name }) => setAsked({ kind, name })}
            onEnable={({ name }) => enable.mutate({ name, active: true })}
          />
        </div>
      )}
      {asked?.kind === 'new' && <UserForm user={null} onClose={close} />}
      {user && asked?.kind === 'edit' && <UserForm user={user} onClose={close} />}
      {user && asked?.kind === 'password' && <SetPassword user={user} onClose={close} />}
      {user && asked?.kind === 'disable' && <DisableUser user={user} onClose={close} />}
      {user && asked?.kind === 'delete' && <DeleteUser user={user} onClose={close} />}
    </Page>
  );
}
