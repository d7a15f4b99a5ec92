import { Button, Radio, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { NodeRow } from '@/api/node';
import { Dialog } from '@/components/ui/Dialog';
import { FormError } from '@/components/ui/FormError';
import { useNodeAction } from './useNodeAction';
import classes from './Nodes.module.css';

export interface NodeRequest {
  kind: 'drain' | 'remove';
  name: string;
}

interface Props {
  kind: NodeRequest['kind'];
  node: NodeRow;
  onClose: () => void;
}

/** What is not done without a second thought. */
export function NodeDialogs({ kind, node, onClose }: Props) {
  return kind === 'drain' ? (
    <DrainDialog node={node} onClose={onClose} />
  ) : (
    <RemoveDialog node={node} onClose={onClose} />
  );
}

interface OneProps {
  node: NodeRow;
  onClose: () => void;
}

function DrainDialog({ node, onClose }: OneProps) {
  const [how, setHow] = useState<'stop' | 'wait'>('wait');
  const drain = useNodeAction(onClose);
  const count = node.vms_running === 1 ? '1 VM' : `${node.vms_running} VMs`;
  const stops = how === 'stop' && node.vms_running > 0;
  return (
    <Dialog
      title={`Drain ${node.name}?`}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button
            {...(stops && { color: 'red.9' })}
            loading={drain.isPending}
            onClick={() => drain.mutate({ action: 'drain', name: node.name, how })}
          >
            {stops ? `Drain and shut down ${count}` : 'Drain'}
          </Button>
        </>
      }
    >
      <p>
        No new VM is placed here until the node is uncordoned.{' '}
        {node.vms_running === 0
          ? 'No VM runs on it.'
          : node.vms_running === 1
            ? '1 VM runs on it now.'
            : `${count} run on it now.`}{' '}
        VMs are not moved: their disks are on this host.
      </p>
      <Radio.Group
        label="VMs that run"
        value={how}
        onChange={(value) => setHow(value === 'stop' ? 'stop' : 'wait')}
      >
        <div className={classes.choices}>
          <Radio value="wait" label="Wait: they run on until somebody stops them" />
          <Radio
            value="stop"
            label="Shut down: each guest is asked to power off, and none is started again here"
          />
        </div>
      </Radio.Group>
      <FormError error={drain.error} />
    </Dialog>
  );
}

function RemoveDialog({ node, onClose }: OneProps) {
  const [typed, setTyped] = useState('');
  const remove = useNodeAction(onClose);
  const ready = typed === node.name;
  return (
    <Dialog
      title={`Remove ${node.name}?`}
      onClose={onClose}
      footer={
        <>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            color="red.9"
            disabled={!ready}
            loading={remove.isPending}
            onClick={() => remove.mutate({ action: 'remove', name: node.name })}
          >
            Remove
          </Button>
        </>
      }
    >
      <p>
        The fleet forgets the node, what is known of its images and its GPUs. Nothing on that host is deleted;
        if its server starts again, it joins again.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) remove.mutate({ action: 'remove', name: node.name });
        }}
      >
        <TextInput
          classNames={{ label: classes.label ?? '' }}
          label={
            <>
              Type <strong>{node.name}</strong> to go on.
            </>
          }
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
        />
      </form>
      <FormError error={remove.error} />
    </Dialog>
  );
}
