import '@mantine/core/styles/PasswordInput.layer.css';
import { Button, PasswordInput } from '@mantine/core';
import { useId, useState } from 'react';
import type { UserInfo } from '@/api/access';
import { keys } from '@/api/keys';
import { Dialog } from '@/components/ui/Dialog';
import { FormError } from '@/components/ui/FormError';
import { useSave } from '../useSave';

/** Another password for somebody who has forgotten theirs. */
export function SetPassword({ user, onClose }: { user: UserInfo; onClose: () => void }) {
  const form = useId();
  const [password, setPassword] = useState('');
  const save = useSave({
    method: 'AccessSaveUser',
    key: keys.users,
    done: ({ name }) => `${name} has a new password`,
    onDone: onClose,
  });
  return (
    <Dialog
      title={`New password for ${user.name}`}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" form={form} loading={save.isPending} disabled={password === ''}>
            Set password
          </Button>
        </>
      }
    >
      <p>The old one stops working, and their sessions end. Their tokens go on working.</p>
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!save.isPending) save.mutate({ name: user.name, password });
        }}
      >
        <PasswordInput
          label="New password"
          description="At least 10 characters. Tell it to them by a safe way; they can change it on their account’s page."
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete="new-password"
          data-autofocus
        />
      </form>
      <FormError error={save.error} />
    </Dialog>
  );
}
