import { Checkbox } from '@mantine/core';
import { useDeploy } from '../deployContext';
import { Advanced, FieldRow, Group } from '../Group';
import { NumberInput } from '../NumberInput';
import { GpuChoice } from './GpuChoice';
import { ImageChoice } from './ImageChoice';
import { NodeChoice } from './NodeChoice';
import { ProtectionChoice } from './ProtectionChoice';
import { SizePresets } from './SizePresets';

/** The machine that the application gets. */
export function MachineStep() {
  const { form, setForm, errorOf } = useDeploy();
  return (
    <>
      <ImageChoice />
      <NodeChoice />
      <Group
        title="Size"
        text="vCPUs, memory and disk can be changed later while the VM is stopped; a disk never shrinks."
      >
        <SizePresets />
        <FieldRow>
          <NumberInput
            label="vCPUs"
            value={form.vcpu}
            error={errorOf('vcpu')}
            onChange={(vcpu) => setForm({ vcpu })}
          />
          <NumberInput
            label="Memory"
            unit="MB"
            value={form.memory}
            error={errorOf('memory')}
            onChange={(memory) => setForm({ memory })}
          />
          <NumberInput
            label="Disk"
            unit="GB"
            value={form.disk}
            error={errorOf('disk_size')}
            onChange={(disk) => setForm({ disk })}
          />
        </FieldRow>
      </Group>
      <GpuChoice />
      <ProtectionChoice />
      <Advanced
        title="Memory and CPUs of the host"
        open={Boolean(errorOf('hugepages') ?? errorOf('pin_numa'))}
      >
        <Checkbox
          label="Memory in huge pages"
          description="In pieces of 1 GB, near the VM’s GPUs. Faster for large VMs; the host must have set them aside."
          error={errorOf('hugepages')}
          checked={form.hugepages}
          onChange={({ currentTarget }) => setForm({ hugepages: currentTarget.checked })}
        />
        <Checkbox
          label="Keep to the CPUs near its GPUs"
          description="Binds QEMU to one NUMA node: processors and memory that are close to each other."
          error={errorOf('pin_numa')}
          checked={form.pinNuma}
          onChange={({ currentTarget }) => setForm({ pinNuma: currentTarget.checked })}
        />
      </Advanced>
      <Checkbox
        label="Only prepare it"
        description="Creates the VM without starting it; it can be started whenever you like."
        checked={form.stopped}
        onChange={({ currentTarget }) => setForm({ stopped: currentTarget.checked })}
      />
    </>
  );
}
