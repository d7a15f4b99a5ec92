import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { permissions } from '@/api/access';
import type { Account, Permission } from '@/api/account';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import { Dialog } from '@/components/ui/Dialog';
import { FormError } from '@/components/ui/FormError';
import { expiryOf, lifetimes, type Lifetime } from './expiry';
import { ScopeChoice } from './ScopeChoice';
import { TokenOwnerChoice, type TokenOwner } from './TokenOwner';
import classes from '../Form.module.css';

/** What was made; the secret is nowhere else. */
export interface MadeToken {
  name: string;
  token: string;
  scopes: readonly Permission[];
}

interface Props {
  account: Account;
  onClose: () => void;
  onMade: (made: MadeToken) => void;
}

/** Asks what a token is for, what it may, and how long. */
export function NewToken({ account, onClose, onMade }: Props) {
  const form = useId();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [owner, setOwner] = useState<TokenOwner>(
    account.has_account ? { kind: 'own' } : { kind: 'service', role: 'viewer' },
  );
  const [lifetime, setLifetime] = useState<Lifetime>('90');
  const [day, setDay] = useState('');
  const [limited, setLimited] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<Permission>>(new Set(['LOOK', 'SEE_VM']));
  const scopes = limited ? [...chosen] : [];
  const ready = name.trim() !== '' && (!limited || scopes.length > 0) && (lifetime !== 'date' || day !== '');

  const make = useMutation({
    mutationFn: () =>
      call('AccessCreateToken', {
        name: name.trim(),
        scopes,
        user: owner.kind === 'user' ? owner.name : '',
        role: owner.kind === 'service' ? owner.role : '',
        expires_at_ms: expiryOf(lifetime, day, Date.now()) ?? null,
      }),
    onSuccess: async ({ token }) => {
      await client.invalidateQueries({ queryKey: keys.tokens });
      onMade({ name: name.trim(), token, scopes });
    },
  });

  return (
    <Dialog
      title="New token"
      wide
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" form={form} loading={make.isPending} disabled={!ready}>
            Create token
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={classes.fields}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !make.isPending) make.mutate();
        }}
      >
        <TextInput
          label="Name"
          description="What it is for: the list and the audit log show it."
          placeholder="deploys from CI"
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        {account.permissions.includes('MANAGE_ACCESS') && (
          <TokenOwnerChoice owner={owner} onOwner={setOwner} ownPossible={account.has_account} />
        )}
        <div className={classes.pair}>
          <NativeSelect
            label="Good for"
            value={lifetime}
            onChange={(event) => setLifetime(event.currentTarget.value as Lifetime)}
            data={lifetimes.map(({ value, label }) => ({ value, label }))}
          />
          {lifetime === 'date' && (
            <TextInput
              label="Last day"
              type="date"
              required
              value={day}
              onChange={(event) => setDay(event.currentTarget.value)}
            />
          )}
        </div>
        <fieldset className={classes.group}>
          <legend className="visually-hidden">What it may do</legend>
          <NativeSelect
            label="It may"
            description="If it leaks, this is what a stranger could do: give it no more than it needs."
            value={limited ? 'chosen' : 'all'}
            onChange={(event) => setLimited(event.currentTarget.value === 'chosen')}
            data={[
              { value: 'all', label: 'Do everything that its owner may' },
              { value: 'chosen', label: 'Do only…' },
            ]}
            mb={limited ? 10 : 0}
          />
          {limited && (
            <ScopeChoice
              offered={owner.kind === 'own' ? account.permissions : permissions}
              chosen={chosen}
              onChosen={setChosen}
            />
          )}
        </fieldset>
      </form>
      <FormError error={make.error} />
    </Dialog>
  );
}
