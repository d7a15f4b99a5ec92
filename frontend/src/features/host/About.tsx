import type { Host } from '@/api/host';
import { Facts } from '@/components/ui/Facts';
import { Section } from '@/components/ui/Section';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { formatMemory } from '@/lib/size';

const platforms: Record<string, string> = {
  none: 'none: VMs run without a TEE',
  tdx: 'Intel TDX',
  'amd-sev-snp': 'AMD SEV-SNP',
};

const accelerators: Record<string, string> = {
  kvm: 'KVM, the CPU’s own virtualization',
  tcg: 'TCG, software emulation: slow',
};

/** What the host is made of, and which versions of what run on it. */
export function About({ host }: { host: Host }) {
  return (
    <Section title="Host and versions">
      <Facts
        facts={[
          { term: 'Confidential computing', value: platforms[host.platform] ?? host.platform },
          { term: 'Acceleration', value: accelerators[host.accelerator] ?? host.accelerator },
          { term: 'CPU', value: `${host.cpu_model}, ${host.cpus} threads` },
          { term: 'Memory', value: formatMemory(host.memory_mb) },
          { term: 'Kernel', value: host.kernel },
          { term: 'QEMU', value: host.qemu_version },
          { term: 'dstack-vmm', value: host.version },
          { term: 'Server started', value: <TimeAgo at={host.started_at_ms} /> },
          { term: 'Data folder', value: host.data_dir, mono: true, copy: host.data_dir },
        ]}
      />
    </Section>
  );
}
