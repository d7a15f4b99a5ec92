import { Button, Checkbox, NativeSelect } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import type { NodeRow } from '@/api/node';
import { Dialog } from '@/components/ui/Dialog';
import { FormError } from '@/components/ui/FormError';
import classes from './Nodes.module.css';

/** One image for several nodes; those that have it already are left out by the server. */
export function PullDialog({ nodes, onClose }: { nodes: readonly NodeRow[]; onClose: () => void }) {
  const up = nodes.filter(({ state }) => state === 'up');
  const [chosen, setChosen] = useState<readonly string[]>(up.map(({ name }) => name));
  const [tag, setTag] = useState('');
  const registry = useQuery({
    queryKey: keys.registryImages,
    queryFn: () => call('ListRegistryImages', {}),
    retry: false,
  });
  const tags = (registry.data?.images ?? []).map((image) => image.tag);
  const wanted = up.map(({ name }) => name).filter((name) => chosen.includes(name));
  const pull = useMutation({
    mutationFn: () => call('PullRegistryImage', { tag, nodes: wanted }),
    onSuccess: () => {
      const where = wanted.length === 1 ? wanted[0] : `${wanted.length} nodes`;
      notifications.show({ message: `Pulling ${tag} on ${where}`, autoClose: 4_000 });
      onClose();
    },
  });
  return (
    <Dialog
      title="Pull an image"
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            disabled={tag === '' || wanted.length === 0}
            loading={pull.isPending}
            onClick={() => pull.mutate()}
          >
            Pull
          </Button>
        </>
      }
    >
      <NativeSelect
        label="Image in the registry"
        value={tag}
        disabled={registry.isPending}
        data={[
          { value: '', label: registry.isPending ? 'Asking the registry…' : 'Choose an image' },
          ...tags.map((each) => ({ value: each, label: each })),
        ]}
        onChange={({ currentTarget }) => setTag(currentTarget.value)}
      />
      <FormError error={registry.error} />
      <Checkbox.Group label="Nodes" value={[...chosen]} onChange={setChosen} mt="sm">
        <div className={classes.choices}>
          {nodes.map(({ name, state }) => (
            <Checkbox
              key={name}
              value={name}
              disabled={state !== 'up'}
              label={
                state === 'up'
                  ? name
                  : `${name} (${state === 'lost' ? 'not heard of' : 'its server has ended'})`
              }
            />
          ))}
        </div>
      </Checkbox.Group>
      <FormError error={pull.error} />
    </Dialog>
  );
}
