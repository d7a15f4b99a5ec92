import type { Host } from '@/api/host';
import { Meter } from '@/components/ui/Meter';
import { Section } from '@/components/ui/Section';
import { formatDisk, formatMemory } from '@/lib/size';
import classes from './Capacity.module.css';

/** What VMs have of this host, and what is left for more. */
export function Capacity({ host }: { host: Host }) {
  return (
    <Section title="Capacity" hint="given to VMs that run, or that should">
      <div className={classes.meters}>
        <Given
          label="vCPUs"
          used={host.vcpus_used}
          limit={host.max_vcpu}
          has={host.cpus}
          format={(count) => String(count)}
          setting="cvm.max_allocable_vcpu"
        />
        <Given
          label="Memory"
          used={host.memory_mb_used}
          limit={host.max_memory_mb}
          has={host.memory_mb}
          format={formatMemory}
          setting="cvm.max_allocable_memory_in_mb"
        />
        <Disk total={host.disk_total_gb} free={host.disk_free_gb} path={host.data_dir} />
        <Meter
          label="Virtual machines"
          used={host.vms_running}
          total={host.vms}
          value={`${host.vms_running} running`}
          hint={`${host.vms} in all`}
        />
      </div>
    </Section>
  );
}

interface GivenProps {
  label: string;
  used: number;
  limit: number | null;
  has: number;
  format: (amount: number) => string;
  setting: string;
}

/** What may be given is up to the operator's limit; without one, more than the host has may be given. */
function Given({ label, used, limit, has, format, setting }: GivenProps) {
  const total = limit ?? has;
  const hint =
    limit === null ? (
      <>
        no limit is set (<code>{setting}</code>); the host has {format(has)}
      </>
    ) : (
      `${format(Math.max(0, limit - used))} left; the host has ${format(has)}`
    );
  return (
    <Meter
      label={label}
      used={used}
      total={total}
      value={`${format(used)} of ${format(total)}`}
      hint={hint}
    />
  );
}

function Disk({ total, free, path }: { total: number | null; free: number | null; path: string }) {
  if (total === null || free === null) {
    return <Meter label="Disk" used={0} total={null} value="not looked at yet" hint={<code>{path}</code>} />;
  }
  return (
    <Meter
      label="Disk"
      used={total - free}
      total={total}
      value={`${formatDisk(total - free)} of ${formatDisk(total)}`}
      hint={
        <>
          {formatDisk(free)} left for <code>{path}</code>
        </>
      }
    />
  );
}
