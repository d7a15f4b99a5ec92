import '@mantine/core/styles/PasswordInput.layer.css';
import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '@/api/client';
import { FormError } from '@/components/ui/FormError';
import { goToLogin } from '@/lib/login';
import classes from './Account.module.css';

/** Another password. All sessions end by it, so what follows is the login page. */
export function PasswordForm() {
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const differs = again !== '' && again !== fresh;
  const change = useMutation({
    mutationFn: () => call('AccessChangePassword', { old_password: old, new_password: fresh }),
    onSuccess: () => goToLogin(),
  });
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!differs && !change.isPending) change.mutate();
      }}
    >
      <PasswordInput
        label="Password now"
        required
        value={old}
        onChange={(event) => setOld(event.currentTarget.value)}
        autoComplete="current-password"
      />
      <PasswordInput
        label="New password"
        description="At least 10 characters."
        required
        value={fresh}
        onChange={(event) => setFresh(event.currentTarget.value)}
        autoComplete="new-password"
      />
      <PasswordInput
        label="New password again"
        required
        value={again}
        error={differs ? 'Not the same as above' : null}
        onChange={(event) => setAgain(event.currentTarget.value)}
        autoComplete="new-password"
      />
      <FormError error={change.error} />
      <p className={classes.note}>
        All your sessions end, this one too: you log in again with the new password. Tokens go on working.
      </p>
      <Button type="submit" loading={change.isPending} disabled={differs || fresh === '' || again === ''}>
        Change password
      </Button>
    </form>
  );
}
