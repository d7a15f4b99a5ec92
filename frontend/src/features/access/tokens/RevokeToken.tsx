import { Button } from '@mantine/core';
import type { ApiToken } from '@/api/access';
import { keys } from '@/api/keys';
import { Dialog } from '@/components/ui/Dialog';
import { FormError } from '@/components/ui/FormError';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { useSave } from '../useSave';

/** Asks before a token is worthless. */
export function RevokeToken({ token, onClose }: { token: ApiToken; onClose: () => void }) {
  const revoke = useSave({
    method: 'AccessRevokeToken',
    key: keys.tokens,
    done: () => `Revoked ${token.name}`,
    onDone: onClose,
  });
  return (
    <Dialog
      title={`Revoke “${token.name}”?`}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="red.9" loading={revoke.isPending} onClick={() => revoke.mutate({ id: token.id })}>
            Revoke
          </Button>
        </>
      }
    >
      <p>
        Whatever uses it is refused at once. <strong>This cannot be undone</strong>; a new token can be made
        in its place.{' '}
        {token.last_used_at_ms ? (
          <>
            It was last used <TimeAgo at={token.last_used_at_ms} /> from {token.last_used_from || 'somewhere'}
            .
          </>
        ) : (
          'It was never used.'
        )}
      </p>
      <FormError error={revoke.error} />
    </Dialog>
  );
}
