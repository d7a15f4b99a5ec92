import '@mantine/core/styles/PasswordInput.layer.css';
import { Button, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { useId, useState } from 'react';
import { roleOptions, roleWords, type Role, type UserInfo } from '@/api/access';
import { keys } from '@/api/keys';
import { Dialog } from '@/components/ui/Dialog';
import { FormError } from '@/components/ui/FormError';
import { useSave } from '../useSave';
import { isLimit, limitsOf, limitTexts, quotas } from './quotas';
import classes from '../Form.module.css';

interface Props {
  /** Whom to change; null for somebody new. */
  user: UserInfo | null;
  onClose: () => void;
}

/** Somebody new, or another role and other limits for somebody who is there. */
export function UserForm({ user, onClose }: Props) {
  const form = useId();
  const [name, setName] = useState(user?.name ?? '');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>(user?.role ?? 'member');
  const [limits, setLimits] = useState(() => limitTexts(user));
  const save = useSave({
    method: 'AccessSaveUser',
    key: keys.users,
    done: (request) => (user ? `Saved ${request.name}` : `${request.name} can log in now`),
    onDone: onClose,
  });
  const valid = quotas.every(({ limit }) => isLimit(limits[limit]));

  const submit = () => {
    if (!valid || save.isPending) return;
    save.mutate({ name: name.trim(), role, password: user ? null : password, ...limitsOf(limits) });
  };

  return (
    <Dialog
      title={user ? `Role and limits of ${user.name}` : 'New user'}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" form={form} loading={save.isPending} disabled={!valid}>
            {user ? 'Save' : 'Create user'}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={classes.fields}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {!user && (
          <>
            <TextInput
              label="Name"
              description="What they log in with. It can’t be changed later."
              required
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              data-autofocus
            />
            <PasswordInput
              label="Password"
              description="At least 10 characters. Tell it to them by a safe way; they can change it on their account’s page."
              required
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              autoComplete="new-password"
            />
          </>
        )}
        <NativeSelect
          label="Role"
          description={roleWords[role]}
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as Role)}
          data={roleOptions}
        />
        <fieldset className={classes.group}>
          <legend>Limits of all their VMs together</legend>
          <p className={classes.hint}>
            Running or not. Leave a field empty for no limit; 0 allows none. What they have already stays.
          </p>
          <div className={classes.pair}>
            {quotas.map(({ limit, title, unit }) => (
              <TextInput
                key={limit}
                label={title === unit ? title : `${title} (${unit})`}
                inputMode="numeric"
                placeholder="no limit"
                value={limits[limit]}
                error={isLimit(limits[limit]) ? null : 'A whole number, or nothing'}
                onChange={(event) => setLimits({ ...limits, [limit]: event.currentTarget.value })}
              />
            ))}
          </div>
        </fieldset>
      </form>
      <FormError error={save.error} />
    </Dialog>
  );
}
