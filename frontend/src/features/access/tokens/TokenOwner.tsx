import { NativeSelect } from '@mantine/core';
import { roleOptions, roleWords, useUsers, type Role } from '@/api/access';

/** Whose a new token will be: one's own, another user's, or a service's, which has a role of its own. */
export type TokenOwner = { kind: 'own' } | { kind: 'user'; name: string } | { kind: 'service'; role: Role };

interface Props {
  owner: TokenOwner;
  onOwner: (owner: TokenOwner) => void;
  /** False for who has no account, as where nobody logs in. */
  ownPossible: boolean;
}

/** For those who manage access: everybody else makes tokens for themselves. */
export function TokenOwnerChoice({ owner, onOwner, ownPossible }: Props) {
  const { data: users = [] } = useUsers();
  const first = users[0]?.name ?? '';
  const choose = (kind: string) => {
    if (kind === 'user') onOwner({ kind, name: first });
    else onOwner(kind === 'service' ? { kind, role: 'viewer' } : { kind: 'own' });
  };
  return (
    <>
      <NativeSelect
        label="Whose token"
        description="A user’s token may at most what the user may, and ends with the account. A service’s has a role of its own."
        value={owner.kind}
        onChange={(event) => choose(event.currentTarget.value)}
        data={[
          { value: 'own', label: 'Mine', disabled: !ownPossible },
          { value: 'user', label: 'Another user’s', disabled: users.length === 0 },
          { value: 'service', label: 'A service’s' },
        ]}
      />
      {owner.kind === 'user' && (
        <NativeSelect
          label="User"
          value={owner.name}
          onChange={(event) => onOwner({ kind: 'user', name: event.currentTarget.value })}
          data={users.map(({ name }) => name)}
        />
      )}
      {owner.kind === 'service' && (
        <NativeSelect
          label="Role"
          description={roleWords[owner.role]}
          value={owner.role}
          onChange={(event) => onOwner({ kind: 'service', role: event.currentTarget.value as Role })}
          data={roleOptions}
        />
      )}
    </>
  );
}
