import { Menu } from '@mantine/core';
import { Copy, FileText, Play, Power, Square, Trash2 } from 'lucide-react';
import type { Ref } from 'react';
import type { VmRow } from '@/api/vm';
import { logUrl, type LogChannel, type VmAction } from '@/api/vmActions';
import { copyText } from '@/lib/clipboard';
import { isAllowed } from '../allowedActions';
import { useVmAction } from '../useVmAction';
import type { DialogRequest } from './VmDialogs';
import classes from './VmRowMenu.module.css';

/** Whose menu is open, and where its button was. */
export interface MenuRequest {
  id: string;
  anchor: DOMRect;
}

interface Props {
  request: MenuRequest | null;
  row: VmRow | undefined;
  onClose: () => void;
  onAsk: (dialog: DialogRequest) => void;
}

const logs: { channel: LogChannel; label: string }[] = [
  { channel: 'serial', label: 'Serial log' },
  { channel: 'stdout', label: 'QEMU output' },
  { channel: 'stderr', label: 'QEMU errors' },
];

const icon = { size: 15, 'aria-hidden': true };

/** The one menu of all rows: a menu per row would cost more than all the rest of the table. */
export function VmRowMenu({ request, row, onClose, onAsk }: Props) {
  const run = useVmAction();
  if (!request || !row) return null;
  const can = (action: VmAction): boolean => isAllowed(action, row.status);

  return (
    <Menu
      opened
      onChange={(open) => !open && onClose()}
      position="bottom-end"
      width={210}
      shadow="md"
      transitionProps={{ duration: 0 }}
    >
      <Menu.Target>
        <Anchor rect={request.anchor} label={`Actions for ${row.name}`} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<Play {...icon} />}
          disabled={!can('start')}
          onClick={() => void run('start', row)}
        >
          Start
        </Menu.Item>
        <Menu.Item
          leftSection={<Power {...icon} />}
          disabled={!can('shutdown')}
          onClick={() => void run('shutdown', row)}
        >
          Shut down
        </Menu.Item>
        <Menu.Item
          leftSection={<Square {...icon} />}
          disabled={!can('stop')}
          onClick={() => onAsk({ kind: 'stop', id: row.id })}
        >
          Stop…
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Logs, in a new tab</Menu.Label>
        {logs.map(({ channel, label }) => (
          <Menu.Item
            key={channel}
            component="a"
            href={logUrl(row.id, channel)}
            target="_blank"
            rel="noreferrer"
            leftSection={<FileText {...icon} />}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Copy {...icon} />} onClick={() => void copyText(row.id)}>
          Copy id
        </Menu.Item>
        <Menu.Item
          className={classes.danger}
          leftSection={<Trash2 {...icon} />}
          disabled={!can('remove')}
          onClick={() => onAsk({ kind: 'remove', id: row.id })}
        >
          Remove…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

interface AnchorProps {
  rect: DOMRect;
  label: string;
  /** Given by Menu.Target; its other props describe a button, which the row's own button already is. */
  id?: string;
  ref?: Ref<HTMLSpanElement>;
}

/** An invisible stand-in for the row's button: where the menu is placed, and what it is named by. */
function Anchor({ rect, label, id, ref }: AnchorProps) {
  const { left, top, width, height } = rect;
  return (
    <span ref={ref} id={id} className={classes.anchor} style={{ left, top, width, height }} aria-hidden>
      {label}
    </span>
  );
}
