import type { UserInfo } from '@/api/access';
import { DataTable, type Column } from '@/components/table/DataTable';
import { Empty } from '@/components/ui/Empty';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { QuotaCell } from './QuotaCell';
import { quotas } from './quotas';
import { UserMenu, type UserDialogKind } from './UserMenu';
import classes from './Users.module.css';

interface Props {
  users: readonly UserInfo[];
  /** Whose browser this is. */
  ownId: number | null;
  onAsk: (kind: UserDialogKind, user: UserInfo) => void;
  onEnable: (user: UserInfo) => void;
}

/** Everybody with an account; what their VMs have in all is beside what they may have. */
export function UserTable({ users, ownId, onAsk, onEnable }: Props) {
  if (users.length === 0) {
    return (
      <Empty title="No users yet" heading="h2">
        Whoever gets an account here can log in, own VMs and have limits. Make the first one with “New user”.
      </Empty>
    );
  }
  const columns: [Column<UserInfo>, ...Column<UserInfo>[]] = [
    {
      key: 'name',
      header: 'Name',
      width: 'minmax(150px, 1.6fr)',
      cell: ({ id, name, active }) => (
        <span className={classes.name}>
          {name}
          {id === ownId && <span className={classes.you}>you</span>}
          {!active && <span className={classes.off}>disabled</span>}
        </span>
      ),
    },
    {
      key: 'role',
      header: 'Role',
      width: '84px',
      cell: ({ role }) => <span className={classes.role}>{role}</span>,
    },
    ...quotas.map((quota) => ({
      key: quota.of,
      header: quota.title,
      width: quota.unit === quota.title ? 'minmax(64px, 0.5fr)' : 'minmax(120px, 0.9fr)',
      number: true,
      cell: (user: UserInfo) => <QuotaCell user={user} quota={quota} />,
    })),
    {
      key: 'login',
      header: 'Last login',
      width: 'minmax(110px, 0.8fr)',
      cell: ({ last_login_ms }) => (last_login_ms ? <TimeAgo at={last_login_ms} /> : 'never'),
    },
    {
      key: 'actions',
      header: 'Actions',
      width: '36px',
      hideHeader: true,
      cell: (user) => (
        <div className={classes.actions}>
          <UserMenu user={user} onAsk={(kind) => onAsk(kind, user)} onEnable={() => onEnable(user)} />
        </div>
      ),
    },
  ];
  return <DataTable label="Users" columns={columns} rows={users} rowKey={({ id }) => id} />;
}
