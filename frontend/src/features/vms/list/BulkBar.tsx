import { Button, CloseButton } from '@mantine/core';
import { Play, Power, Square, Trash2 } from 'lucide-react';
import type { May } from '@/api/account';
import type { VmRow } from '@/api/vm';
import type { VmAction } from '@/api/vmActions';
import { isAllowed } from '../allowedActions';
import classes from './Bulk.module.css';

interface Props {
  /** The chosen ones among those shown. */
  rows: readonly VmRow[];
  may: May;
  /** Another one goes on. */
  busy: boolean;
  onAsk: (action: VmAction, rows: readonly VmRow[]) => void;
  onClear: () => void;
}

const buttons = [
  { action: 'start', label: 'Start', Icon: Play, permission: 'STEER_VM' },
  { action: 'shutdown', label: 'Shut down', Icon: Power, permission: 'STEER_VM' },
  { action: 'stop', label: 'Stop', Icon: Square, permission: 'STEER_VM' },
  { action: 'remove', label: 'Remove', Icon: Trash2, permission: 'CHANGE_VM' },
] as const;

/** What can be done with the chosen VMs at once. An action is for those of them that it makes sense for. */
export function BulkBar({ rows, may, busy, onAsk, onClear }: Props) {
  return (
    <section className={classes.bar} aria-label="Actions for the selected virtual machines">
      <strong role="status">{rows.length} selected</strong>
      <div className={classes.buttons}>
        {buttons.map(({ action, label, Icon, permission }) => {
          const meant = rows.filter((row) => isAllowed(action, row.status) && may(permission, row));
          const part = meant.length > 0 && meant.length < rows.length ? ` ${meant.length}` : '';
          return (
            <Button
              key={action}
              size="compact-sm"
              variant="default"
              leftSection={<Icon size={15} aria-hidden />}
              disabled={busy || meant.length === 0}
              title={
                meant.length === 0
                  ? 'None of them is in a state for this, or you may not do it'
                  : `${label}: ${meant.length} of ${rows.length}`
              }
              onClick={() => onAsk(action, meant)}
            >
              {label}
              {part}
              {action === 'start' ? '' : '…'}
            </Button>
          );
        })}
      </div>
      <CloseButton aria-label="Select nothing" title="Select nothing (Escape)" onClick={onClear} />
    </section>
  );
}
