import { Button } from '@mantine/core';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import type { ApiToken } from '@/api/access';
import { useAccount } from '@/api/account';
import { Empty } from '@/components/ui/Empty';
import { Failure } from '@/components/ui/Failure';
import { Page } from '@/components/ui/Page';
import { Section } from '@/components/ui/Section';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useNow } from '@/hooks/useNow';
import { NewToken, type MadeToken } from './NewToken';
import { RevokeToken } from './RevokeToken';
import { TokenMade } from './TokenMade';
import { revokeButtonId, TokenTable } from './TokenTable';
import { tokenState } from './tokenState';
import { useTokens } from './useTokens';
import frame from '../Frame.module.css';

const NEW_TOKEN_ID = 'new-token';

const focus = (id: string) => setTimeout(() => document.getElementById(id)?.focus(), 0);

/** Tokens: how scripts and services prove who they are. */
export function TokensPage() {
  const account = useAccount();
  const { data: tokens, error, refetch } = useTokens();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<MadeToken | null>(null);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const now = useNow();
  const everybodys = account?.permissions.includes('MANAGE_ACCESS') ?? false;
  const works = tokens?.filter((token) => tokenState(token, now) === 'works') ?? [];
  const ended = tokens?.filter((token) => tokenState(token, now) !== 'works') ?? [];
  // A token that leaked must not make others.
  const mayMake =
    account !== undefined && (everybodys || (account.has_account && account.credential !== 'token'));

  const closeMaking = () => {
    setMaking(false);
    focus(NEW_TOKEN_ID);
  };

  return (
    <Page
      title="Tokens"
      tab="Tokens · dstack-vmm"
      lead={
        everybodys
          ? 'How scripts and services prove who they are, instead of a password: yours, other users’ and services’.'
          : 'How your scripts prove that they act for you, instead of your password.'
      }
      actions={
        mayMake && (
          <Button
            id={NEW_TOKEN_ID}
            leftSection={<KeyRound size={16} aria-hidden />}
            onClick={() => setMaking(true)}
          >
            New token
          </Button>
        )
      }
    >
      <div className={frame.frame}>
        {error && (
          <Failure title="The tokens could not be read" error={error} onRetry={() => void refetch()} />
        )}
        {tokens && works.length === 0 && (
          <Empty title="No tokens yet" heading="h2">
            {mayMake
              ? 'A script or a service that uses the API needs one. Make it with “New token”: choose what it may do and how long it is good for.'
              : 'Only a user who has logged in can make one.'}
          </Empty>
        )}
        {works.length > 0 && (
          <TokenTable
            label="Tokens"
            tokens={works}
            now={now}
            everybodys={everybodys}
            onRevoke={setRevoking}
          />
        )}
      </div>
      {!tokens && !error && <TableSkeleton what="tokens" />}
      {ended.length > 0 && (
        <Section title="No longer good" hint="Kept so that the audit log’s entries can be understood.">
          <TokenTable label="Tokens that ended" tokens={ended} now={now} everybodys={everybodys} />
        </Section>
      )}
      {making && account && (
        <NewToken
          account={account}
          onClose={closeMaking}
          onMade={(token) => {
            setMaking(false);
            setMade(token);
          }}
        />
      )}
      {made && (
        <TokenMade
          made={made}
          onClose={() => {
            setMade(null);
            focus(NEW_TOKEN_ID);
          }}
        />
      )}
      {revoking && (
        <RevokeToken
          token={revoking}
          onClose={() => {
            focus(revokeButtonId(revoking.id));
            setRevoking(null);
          }}
        />
      )}
    </Page>
  );
}
