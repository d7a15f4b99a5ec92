import { NativeSelect } from '@mantine/core';
import { useFleetImages, useNodes } from '@/live/useLive';
import { useDeploy } from '../deployContext';
import { Group } from '../Group';
import { nodeObstacle } from './nodeObstacle';

/** Which of several hosts; nothing where there is only one. */
export function NodeChoice() {
  const { form, setForm, errorOf } = useDeploy();
  const nodes = useNodes();
  const images = useFleetImages() ?? [];
  if (nodes.length < 2) return null;
  const isUnknown = form.node !== '' && !nodes.some(({ name }) => name === form.node);
  return (
    <Group
      title="Node"
      text="The host that the VM runs on. It stays there: a disk is not moved to another one."
    >
      <NativeSelect
        aria-label="Node"
        error={errorOf('node')}
        value={form.node}
        // A GPU's slot means nothing on another host.
        onChange={({ currentTarget }) => setForm({ node: currentTarget.value, gpus: [] })}
      >
        <option value="">Any: the one with the most room that can take it</option>
        {isUnknown && <option value={form.node}>{form.node} (no such node)</option>}
        {nodes.map((node) => {
          const obstacle = nodeObstacle(node, form, images);
          return (
            <option key={node.name} value={node.name} disabled={obstacle !== ''}>
              {obstacle ? `${node.name} (${obstacle})` : node.name}
            </option>
          );
        })}
      </NativeSelect>
    </Group>
  );
}
