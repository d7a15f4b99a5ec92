import { Menu } from '@mantine/core';
import {
  Copy,
  FileText,
  GitFork,
  PanelRight,
  Pencil,
  Play,
  Power,
  Square,
  SquareTerminal,
  Trash2,
} from 'lucide-react';
import type { ReactNode, Ref } from 'react';
import type { May } from '@/api/account';
import type { VmRow } from '@/api/vm';
import type { VmAction } from '@/api/vmActions';
import { copyText } from '@/lib/clipboard';
import { isAllowed } from '../allowedActions';
import { useVmAction } from '../useVmAction';
import { followInPage } from './followInPage';
import type { DialogRequest } from './VmDialogs';
import { actionsButtonId } from './VmRow';
import classes from './VmRowMenu.module.css';

/** Whose menu is open, and where its button was. */
export interface MenuRequest {
  id: string;
  anchor: DOMRect;
}

interface Props {
  request: MenuRequest | null;
  row: VmRow | undefined;
  may: May;
  onClose: () => void;
  onAsk: (dialog: DialogRequest) => void;
  onGo: (href: string) => void;
}

const icon = { size: 15, 'aria-hidden': true };

/** The one menu of all rows: a menu per row would cost more than all the rest of the table. */
export function VmRowMenu({ request, row, may, onClose, onAsk, onGo }: Props) {
  const run = useVmAction();
  if (!request || !row) return null;
  const steers = may('STEER_VM', row);
  const changes = may('CHANGE_VM', row);
  const can = (action: VmAction): boolean => isAllowed(action, row.status);
  const page = `/vms/${row.id}`;
  const link = (href: string, label: string, section: ReactNode) => (
    <Menu.Item component="a" href={href} leftSection={section} onClick={(event) => followInPage(event, onGo)}>
      {label}
    </Menu.Item>
  );

  return (
    <Menu
      opened
      onChange={(open) => {
        if (open) return;
        onClose();
        setTimeout(() => giveFocusBack(row.id), 0);
      }}
      position="bottom-end"
      width={220}
      shadow="md"
      transitionProps={{ duration: 0 }}
    >
      <Menu.Target>
        <Anchor rect={request.anchor} label={`Actions for ${row.name}`} />
      </Menu.Target>
      <Menu.Dropdown>
        {link(page, 'Open', <PanelRight {...icon} />)}
        {steers && (
          <>
            {link(`${page}/console`, 'Console', <SquareTerminal {...icon} />)}
            {link(`${page}/logs`, 'Logs', <FileText {...icon} />)}
            <Menu.Divider />
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
          </>
        )}
        <Menu.Divider />
        {changes &&
          row.status !== 'removing' &&
          link(`${page}/update`, 'Update or resize…', <Pencil {...icon} />)}
        {may('CREATE_VM') && link(`/deploy?from=${row.id}`, 'Fork…', <GitFork {...icon} />)}
        <Menu.Item leftSection={<Copy {...icon} />} onClick={() => void copyText(row.id)}>
          Copy id
        </Menu.Item>
        {changes && (
          <Menu.Item
            className={classes.danger}
            leftSection={<Trash2 {...icon} />}
            disabled={!can('remove')}
            onClick={() => onAsk({ kind: 'remove', id: row.id })}
          >
            Remove…
          </Menu.Item>
        )}
        {!changes && <Menu.Label>Your role may not change this virtual machine.</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The menu had the focus, and is gone: unless something else took it, it is the button's again. */
function giveFocusBack(id: string): void {
  const { activeElement, body } = document;
  if (activeElement === null || activeElement === body) document.getElementById(actionsButtonId(id))?.focus();
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
