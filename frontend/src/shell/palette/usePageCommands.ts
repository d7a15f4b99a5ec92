import { useMantineColorScheme } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { BookOpen, HardDrive, Keyboard, LogOut, Monitor, Moon, Plus, Sun, UserRound } from 'lucide-react';
import { logOut, useAccount, useMay } from '@/api/account';
import { useImages, useNodes } from '@/live/useLive';
import { pagesFor } from '../pages';
import type { Command, CommandGroup } from './commands';

const schemes = [
  { value: 'light', label: 'Light colours', Icon: Sun },
  { value: 'dark', label: 'Dark colours', Icon: Moon },
  { value: 'auto', label: 'Colours of the system', Icon: Monitor },
] as const;

/** What the palette offers besides VMs: pages first, then images, and what is about the console itself. */
export function usePageCommands(onDone: () => void, onKeys: () => void): [CommandGroup, ...CommandGroup[]] {
  const router = useRouter();
  const account = useAccount();
  const may = useMay();
  const images = useImages() ?? [];
  const isFleet = useNodes().length > 1;
  const { setColorScheme } = useMantineColorScheme();

  const goTo = (path: string) => () => {
    void router.navigate({ to: path });
    onDone();
  };
  const pages: Command[] = pagesFor(account, isFleet).flatMap((group) =>
    group.pages.map(({ path, label, Icon }) => ({ id: `page-${path}`, label, Icon, run: goTo(path) })),
  );
  if (may('CREATE_VM')) pages.unshift({ id: 'deploy', label: 'New VM', Icon: Plus, run: goTo('/deploy') });
  if (account?.has_account) {
    pages.push({ id: 'account', label: 'Your account', Icon: UserRound, run: goTo('/account') });
  }

  const console: Command[] = [
    ...schemes.map(({ value, label, Icon }) => ({
      id: `scheme-${value}`,
      label,
      Icon,
      run: () => {
        setColorScheme(value);
        onDone();
      },
    })),
    { id: 'keys', label: 'Keyboard shortcuts', detail: '?', Icon: Keyboard, run: onKeys },
    {
      id: 'api',
      label: 'API documentation',
      Icon: BookOpen,
      run: () => window.location.assign('/api-docs/'),
    },
  ];
  if (account?.credential === 'session') {
    const leave = (): void => void logOut().then(() => window.location.assign('/login/'));
    console.push({ id: 'log-out', label: 'Log out', Icon: LogOut, run: leave });
  }

  return [
    { label: 'Pages', commands: pages },
    {
      label: 'Images',
      commands: images.map(({ name }) => ({
        id: `image-${name}`,
        label: name,
        Icon: HardDrive,
        run: goTo('/images'),
      })),
    },
    { label: 'Console', commands: console },
  ];
}
