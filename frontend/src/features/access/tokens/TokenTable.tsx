import { Button } from '@mantine/core';
import { permissionWords, type ApiToken } from '@/api/access';
import type { Permission } from '@/api/account';
import { DataTable, type Column } from '@/components/table/DataTable';
import { StatusWord } from '@/components/ui/StatusWord';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { tokenState } from './tokenState';
import classes from './Tokens.module.css';

interface Props {
  label: string;
  tokens: readonly ApiToken[];
  /** Milliseconds since 1970. */
  now: number;
  /** Everybody's are here: says whose each is. */
  everybodys: boolean;
  /** Left out where nothing is left to revoke. */
  onRevoke?: (token: ApiToken) => void;
}

export const revokeButtonId = (id: number): string => `revoke-${id}`;

const name: Column<ApiToken> = {
  key: 'name',
  header: 'Name',
  width: 'minmax(150px, 1.4fr)',
  cell: (token) => (
    <>
      <div className={classes.name}>{token.name}</div>
      <span className={classes.mono} title="How the token begins, to know it again by">
        {token.prefix}…
      </span>
    </>
  ),
};

const whose: Column<ApiToken> = {
  key: 'whose',
  header: 'Whose',
  width: 'minmax(110px, 0.9fr)',
  cell: ({ user, role }) => (
    <>
      <div>{user ?? 'a service'}</div>
      <span className={classes.below}>{role}</span>
    </>
  ),
};

const scopes: Column<ApiToken> = {
  key: 'scopes',
  header: 'May',
  width: 'minmax(180px, 2fr)',
  cell: ({ scopes: limits, user }) =>
    limits.length === 0 ? (
      `all that ${user ? 'its owner' : 'its role'} may`
    ) : (
      <ul className={classes.scopes} aria-label="Limited to">
        {limits.map((scope) => (
          <li key={scope} title={permissionWords[scope as Permission]}>
            {scope.toLowerCase().replaceAll('_', ' ')}
          </li>
        ))}
      </ul>
    ),
};

/** Tokens, as much of them as is told. */
export function TokenTable({ label, tokens, now, everybodys, onRevoke }: Props) {
  const columns: [Column<ApiToken>, ...Column<ApiToken>[]] = [
    name,
    ...(everybodys ? [whose] : []),
    scopes,
    {
      key: 'created',
      header: 'Created',
      width: 'minmax(96px, 0.7fr)',
      cell: ({ created_at_ms }) => <TimeAgo at={created_at_ms} />,
    },
    {
      key: 'ends',
      header: onRevoke ? 'Expires' : 'Ended',
      width: 'minmax(110px, 0.8fr)',
      cell: (token) => <End token={token} now={now} />,
    },
    {
      key: 'used',
      header: 'Last used',
      width: 'minmax(120px, 0.9fr)',
      cell: ({ last_used_at_ms, last_used_from }) =>
        last_used_at_ms ? (
          <>
            <TimeAgo at={last_used_at_ms} />
            {last_used_from && <div className={classes.below}>from {last_used_from}</div>}
          </>
        ) : (
          'never'
        ),
    },
  ];
  if (onRevoke) {
    columns.push({
      key: 'actions',
      header: 'Actions',
      width: '92px',
      hideHeader: true,
      cell: (token) => (
        <div className={classes.actions}>
          <Button
            id={revokeButtonId(token.id)}
            size="compact-sm"
            variant="default"
            aria-label={`Revoke ${token.name}`}
            onClick={() => onRevoke(token)}
          >
            Revoke…
          </Button>
        </div>
      ),
    });
  }
  return <DataTable label={label} columns={columns} rows={tokens} rowKey={({ id }) => id} />;
}

function End({ token, now }: { token: ApiToken; now: number }) {
  const state = tokenState(token, now);
  const at = token.revoked_at_ms ?? token.expires_at_ms;
  if (state === 'works') return at ? <TimeAgo at={at} /> : 'never';
  return (
    <>
      <StatusWord tone="grey">{state}</StatusWord>
      {at ? (
        <div className={classes.below}>
          <TimeAgo at={at} />
        </div>
      ) : null}
    </>
  );
}
