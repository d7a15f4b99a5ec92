import { NativeSelect } from '@mantine/core';
import type { NodeInfo } from '@/api/vm';
import { useDeploy } from '../deployContext';
import { simulatedTees, type Protection } from '../form';
import { Group } from '../Group';
import classes from './Machine.module.css';

const platformNames: Record<NodeInfo['platform'], string> = {
  none: 'none on this host',
  tdx: 'Intel TDX',
  'amd-sev-snp': 'AMD SEV-SNP',
};

/** Whether the host's hardware keeps the host out of the VM. */
export function ProtectionChoice() {
  const { form, setForm, host, errorOf } = useDeploy();
  const { platform } = host.node;
  return (
    <Group
      title="Protection"
      text="In a trusted execution environment (TEE) the processor encrypts the VM’s memory, and proves to others what runs in it."
    >
      <NativeSelect
        aria-label="Protection"
        error={errorOf('no_tee') ?? errorOf('simulated_tee')}
        value={form.protection}
        onChange={({ currentTarget }) => setForm({ protection: currentTarget.value as Protection })}
      >
        <option value="confidential" disabled={platform === 'none'}>
          Confidential VM ({platformNames[platform]})
        </option>
        <option value="plain">Plain VM, without protection from the host</option>
        <optgroup label="Development: a simulated TEE, which protects nothing">
          {simulatedTees.map((each) => (
            <option key={each} value={each}>
              Simulated {each}
            </option>
          ))}
        </optgroup>
      </NativeSelect>
      {form.protection !== 'confidential' && (
        <p className={classes.hint}>
          Who runs this host can read and change everything in the VM.{' '}
          {form.protection === 'plain' && 'A KMS gives it no keys, as it can’t prove what it runs.'}
        </p>
      )}
    </Group>
  );
}
