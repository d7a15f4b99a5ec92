import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { UserInfo } from '@/api/access';
import { keys } from '@/api/keys';
import { Dialog } from '@/components/ui/Dialog';
import { FormError } from '@/components/ui/FormError';
import { useSave } from '../useSave';

interface Props {
  user: UserInfo;
  onClose: () => void;
}

/** Asks before somebody can't log in any more. */
export function DisableUser({ user, onClose }: Props) {
  const save = useSave({
    method: 'AccessSaveUser',
    key: keys.users,
    done: ({ name }) => `${name} is disabled`,
    onDone: onClose,
  });
  return (
    <Confirm
      title={`Disable ${user.name}?`}
      verb="Disable"
      busy={save.isPending}
      error={save.error}
      onClose={onClose}
      onConfirm={() => save.mutate({ name: user.name, active: false })}
    >
      <p>They can’t log in and their tokens stop working until they are enabled again. {vmsStay(user)}</p>
    </Confirm>
  );
}

/** Asks before an account is gone for good. */
export function DeleteUser({ user, onClose }: Props) {
  const remove = useSave({
    method: 'AccessDeleteUser',
    key: keys.users,
    done: ({ name }) => `Deleted ${name}`,
    onDone: onClose,
  });
  return (
    <Confirm
      title={`Delete ${user.name}?`}
      verb="Delete"
      busy={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutate({ name: user.name })}
    >
      <p>
        The account, its sessions and its tokens are deleted. <strong>This cannot be undone.</strong>{' '}
        {user.vms > 0
          ? `Their ${countOfVms(user.vms)} not stopped: it then belongs to nobody, and only viewers, operators and admins see it. To keep them in somebody’s hands, give them to another user first.`
          : 'They own no VM.'}
      </p>
    </Confirm>
  );
}

const countOfVms = (count: number): string => (count === 1 ? 'VM is' : `${count} VMs are`);

const vmsStay = ({ vms }: UserInfo): string =>
  vms === 0 ? 'They own no VM.' : `Their ${vms === 1 ? 'VM goes' : `${vms} VMs go`} on running.`;

interface ConfirmProps extends Omit<Props, 'user'> {
  title: string;
  verb: string;
  busy: boolean;
  error: Error | null;
  onConfirm: () => void;
  children: ReactNode;
}

function Confirm({ title, verb, busy, error, onClose, onConfirm, children }: ConfirmProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="red.9" loading={busy} onClick={onConfirm}>
            {verb}
          </Button>
        </>
      }
    >
      {children}
      <FormError error={error} />
    </Dialog>
  );
}
