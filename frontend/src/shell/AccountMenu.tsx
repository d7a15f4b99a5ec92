import { ActionIcon, Menu } from '@mantine/core';
import { LogOut, UserRound } from 'lucide-react';
import { logOut, useAccount } from '@/api/account';

/** Who is logged in, and the way out; nothing where nobody has to log in. */
export function AccountMenu() {
  const account = useAccount();
  if (!account?.authentication) return null;
  return (
    <Menu position="bottom-end" width={200} shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Logged in as ${account.name}`}>
          <UserRound size={17} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {account.name} ({account.role})
        </Menu.Label>
        {account.credential === 'session' && (
          <Menu.Item
            leftSection={<LogOut size={15} aria-hidden />}
            onClick={() => void logOut().then(() => window.location.assign('/login/'))}
          >
            Log out
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
