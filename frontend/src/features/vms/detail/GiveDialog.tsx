import { Button, NativeSelect } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import type { VmRow } from '@/api/vm';
import { Dialog } from '@/components/ui/Dialog';
import classes from './GiveDialog.module.css';

const NOBODY = '';

/** Makes a VM belong to another user, or to nobody. */
export function GiveDialog({ row, onClose }: { row: VmRow; onClose: () => void }) {
  const [owner, setOwner] = useState<string | null>(null);
  const users = useQuery({ queryKey: keys.users, queryFn: () => call('AccessListUsers', {}) });
  const give = useMutation({
    mutationFn: (name: string) => call('AccessGiveVm', { id: row.id, owner: name }),
    onSuccess: (_, name) => {
      const whose = name === NOBODY ? 'nobody in particular' : name;
      notifications.show({ message: `${row.name} belongs to ${whose} now`, autoClose: 4_000 });
      onClose();
    },
  });
  const failed = users.error ?? give.error;

  return (
    <Dialog
      title={`Give ${row.name} to a user`}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            disabled={owner === null}
            loading={give.isPending}
            onClick={() => owner !== null && give.mutate(owner)}
          >
            Give
          </Button>
        </>
      }
    >
      <p>
        The new owner may do with it whatever their role allows, and it counts against their limits. Who had
        it before keeps no access by owning it.
      </p>
      <NativeSelect
        label="New owner"
        data-autofocus
        value={owner ?? 'choose'}
        onChange={(event) => setOwner(event.currentTarget.value)}
      >
        <option value="choose" disabled>
          {users.isPending ? 'Reading the users…' : 'Choose a user'}
        </option>
        <option value={NOBODY}>Nobody: only for those who may see every VM</option>
        {users.data?.users.map(({ name, role, active }) => (
          <option key={name} value={name} disabled={!active}>
            {`${name} (${role}${active ? '' : ', disabled'})`}
          </option>
        ))}
      </NativeSelect>
      {failed && (
        <p className={classes.failed} role="alert">
          {failed.message}
        </p>
      )}
    </Dialog>
  );
}
