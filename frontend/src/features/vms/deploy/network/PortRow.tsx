import { ActionIcon, NativeSelect, TextInput } from '@mantine/core';
import { ArrowRight, RefreshCw, X } from 'lucide-react';
import type { PortField } from '../form';
import { NumberInput } from '../NumberInput';
import classes from './Network.module.css';

interface Props {
  port: PortField;
  place: number;
  /** Where the host listens if no address is given. */
  defaultAddress: string;
  problems: readonly string[];
  onChange: (port: PortField) => void;
  onFree: () => void;
  onRemove: () => void;
}

/** One mapping: from an address and port of the host to a port of the VM. */
export function PortRow({ port, place, defaultAddress, problems, onChange, onFree, onRemove }: Props) {
  const name = `port ${place + 1}`;
  return (
    <div className={classes.port} role="group" aria-label={`Port ${place + 1}`}>
      <NativeSelect
        label="Protocol"
        value={port.protocol}
        data={['tcp', 'udp']}
        onChange={({ currentTarget }) =>
          onChange({ ...port, protocol: currentTarget.value as PortField['protocol'] })
        }
      />
      <TextInput
        label="Host address"
        placeholder={defaultAddress}
        value={port.host_address}
        autoComplete="off"
        spellCheck={false}
        onChange={({ currentTarget }) => onChange({ ...port, host_address: currentTarget.value.trim() })}
      />
      <div className={classes.hostPort}>
        <NumberInput
          label="Host port"
          value={port.host_port}
          onChange={(host_port) => onChange({ ...port, host_port })}
        />
        <ActionIcon
          variant="default"
          size="lg"
          title="Find a free port"
          aria-label={`Find a free host port for ${name}`}
          onClick={onFree}
        >
          <RefreshCw size={14} aria-hidden />
        </ActionIcon>
      </div>
      <ArrowRight className={classes.arrow} size={16} aria-hidden />
      <NumberInput
        label="VM port"
        value={port.vm_port}
        onChange={(vm_port) => onChange({ ...port, vm_port })}
      />
      <ActionIcon
        className={classes.remove ?? ''}
        variant="subtle"
        size="lg"
        aria-label={`Remove ${name}`}
        onClick={onRemove}
      >
        <X size={16} aria-hidden />
      </ActionIcon>
      {problems.map((problem) => (
        <p key={problem} className={classes.portProblem}>
          {problem}
        </p>
      ))}
    </div>
  );
}
