import { ActionIcon, Menu } from '@mantine/core';
import { Ellipsis } from 'lucide-react';
import type { NodeRow } from '@/api/node';
import type { NodeRequest } from './NodeDialogs';
import { offersFor } from './offers';
import { useNodeAction } from './useNodeAction';

/** What can be done with a node; what can't be says why. */
export function NodeMenu({ node, onAsk }: { node: NodeRow; onAsk: (request: NodeRequest) => void }) {
  const { mutate, isPending } = useNodeAction();
  return (
    <Menu position="bottom-end" width={230} shadow="md" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={32}
          loading={isPending}
          aria-label={`Actions for ${node.name}`}
        >
          <Ellipsis size={17} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {offersFor(node).map(({ action, label, obstacle }) => (
          <Menu.Item
            key={action}
            disabled={obstacle !== ''}
            {...(action === 'remove' && obstacle === '' && { color: 'red' })}
            onClick={() =>
              action === 'drain' || action === 'remove'
                ? onAsk({ kind: action, name: node.name })
                : mutate({ action, name: node.name })
            }
          >
            {label}
            {obstacle && ` (${obstacle})`}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
