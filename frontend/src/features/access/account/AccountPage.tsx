import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { LogOut } from 'lucide-react';
import { permissions, permissionWords, roleWords } from '@/api/access';
import { logOut, useAccount, type Account, type Permission } from '@/api/account';
import { Facts } from '@/components/ui/Facts';
import { Page } from '@/components/ui/Page';
import { Section } from '@/components/ui/Section';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { PasswordForm } from './PasswordForm';
import classes from './Account.module.css';

const credentials: Record<Account['credential'], string> = {
  none: 'nothing: nobody has to log in here',
  session: 'a password, in this browser',
  password: 'a password, with every request',
  token: 'a token',
  configured: 'the admin’s token from the server’s settings',
};

/** Who this browser acts as, what that allows, and another password. */
export function AccountPage() {
  const account = useAccount();
  return (
    <Page
      title="Your account"
      tab="Your account · dstack-vmm"
      actions={
        account?.credential === 'session' && (
          <Button
            variant="default"
            leftSection={<LogOut size={16} aria-hidden />}
            onClick={() => void logOut().then(() => window.location.assign('/login/'))}
          >
            Log out
          </Button>
        )
      }
    >
      {account ? <Known account={account} /> : <TableSkeleton what="your account" />}
    </Page>
  );
}

function Known({ account }: { account: Account }) {
  const byPassword = account.has_account && ['session', 'password'].includes(account.credential);
  return (
    <>
      <Section title="Who you are">
        <Facts
          facts={[
            { term: 'Name', value: account.name },
            { term: 'Role', value: account.role },
            { term: 'Proved by', value: credentials[account.credential] },
            { term: 'VMs of your own', value: account.has_account ? <OwnVms /> : 'none can be: no account' },
          ]}
        />
        {!account.authentication && (
          <p className={classes.note}>
            Nobody has to log in on this server: whoever reaches it may do everything. Its operator can switch
            authentication on (<code>auth.enabled</code> in the settings).
          </p>
        )}
      </Section>
      <Section title="What you may do" hint={roleWords[account.role]}>
        <ul className={classes.permissions}>
          {permissions.map((permission) => (
            <PermissionLine key={permission} permission={permission} account={account} />
          ))}
        </ul>
      </Section>
      {account.has_account && (
        <Section title="Tokens" hint="For scripts: they prove who acts without your password.">
          <Link to="/tokens">Your tokens</Link>
        </Section>
      )}
      {byPassword && (
        <Section title="Change your password">
          <PasswordForm />
        </Section>
      )}
    </>
  );
}

const OwnVms = () => (
  <Link to="/" search={{ q: 'owner:me' }}>
    Show them
  </Link>
);

function PermissionLine({ permission, account }: { permission: Permission; account: Account }) {
  const may = account.permissions.includes(permission);
  const everywhere = account.everywhere.includes(permission);
  return (
    <li data-may={may || undefined}>
      <span className={classes.mark} aria-hidden>
        {may ? '✓' : '–'}
      </span>
      <span>
        <span className="visually-hidden">{may ? 'Allowed: ' : 'Not allowed: '}</span>
        {permissionWords[permission]}
        {may && !everywhere && <em> (your own VMs only)</em>}
      </span>
    </li>
  );
}
