import { Button, Menu } from '@mantine/core';
import { Ellipsis, Play, Power, Square } from 'lucide-react';
import { useState, useSyncExternalStore } from 'react';
import { useMay } from '@/api/account';
import type { VmRow } from '@/api/vm';
import type { VmAction } from '@/api/vmActions';
import { isAllowed } from '../allowedActions';
import { RemoveDialog } from '../list/RemoveDialog';
import { StopDialog } from '../list/StopDialog';
import { pendingActions } from '../pendingActions';
import { useVmAction } from '../useVmAction';
import { GiveDialog } from './GiveDialog';
import { VmMenu } from './VmMenu';
import classes from './VmActions.module.css';

export type DialogKind = 'stop' | 'remove' | 'give';

const buttons: { action: 'start' | 'shutdown' | 'stop'; label: string; Icon: typeof Play }[] = [
  { action: 'start', label: 'Start', Icon: Play },
  { action: 'shutdown', label: 'Shut down', Icon: Power },
  { action: 'stop', label: 'Stop…', Icon: Square },
];

/** The buttons of the page: what makes sense in the VM's state, for who may do it; the rest is in a menu. */
export function VmActions({ row }: { row: VmRow }) {
  const may = useMay();
  const run = useVmAction();
  const [dialog, setDialog] = useState<DialogKind | null>(null);
  const asked = useSyncExternalStore(pendingActions.subscribe, pendingActions.snapshot).get(row.id);
  const pending: VmAction | null = asked?.revision === row.revision ? asked.action : null;
  const steers = may('STEER_VM', row);
  const close = () => setDialog(null);

  return (
    <div className={classes.actions}>
      {steers &&
        buttons
          .filter(({ action }) => isAllowed(action, row.status))
          .map(({ action, label, Icon }) => (
            <Button
              key={action}
              variant={action === 'start' ? 'filled' : 'default'}
              leftSection={<Icon size={15} aria-hidden />}
              loading={pending === action}
              disabled={pending !== null}
              onClick={() => (action === 'stop' ? setDialog('stop') : void run(action, row))}
            >
              {label}
            </Button>
          ))}
      <Menu position="bottom-end" width={220} shadow="md" transitionProps={{ duration: 0 }}>
        <Menu.Target>
          <Button variant="default" rightSection={<Ellipsis size={16} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <VmMenu row={row} onAsk={setDialog} />
      </Menu>
      {dialog === 'stop' && <StopDialog row={row} onClose={close} />}
      {dialog === 'remove' && <RemoveDialog row={row} onClose={close} />}
      {dialog === 'give' && <GiveDialog row={row} onClose={close} />}
    </div>
  );
}
