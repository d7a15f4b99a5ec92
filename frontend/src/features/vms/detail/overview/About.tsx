import { Link } from '@tanstack/react-router';
import { useAccount } from '@/api/account';
import type { VmRow } from '@/api/vm';
import { Facts } from '@/components/ui/Facts';
import { OutLink } from '@/components/ui/OutLink';
import { Section } from '@/components/ui/Section';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { useNow } from '@/hooks/useNow';
import { formatDuration, formatInstant } from '@/lib/duration';
import { formatDisk, formatMemory } from '@/lib/size';
import { PortLinks } from '../PortLinks';

/** Who it is, what it is made of, and the ways into it. */
export function About({ row }: { row: VmRow }) {
  const version =
    row.image_version && !row.image.endsWith(row.image_version) ? ` (${row.image_version})` : '';
  const size = `${row.vcpu} vCPU · ${formatMemory(row.memory)} memory · ${formatDisk(row.disk_size)} disk`;
  return (
    <Section title="About">
      <Facts
        facts={[
          { term: 'App id', value: row.app_id, mono: true, copy: row.app_id },
          { term: 'Instance id', value: row.instance_id, mono: true, copy: row.instance_id ?? '' },
          { term: 'Image', value: <Link to="/images">{row.image + version}</Link> },
          { term: 'Size', value: size },
          { term: 'Ports', value: row.ports.length > 0 ? <PortLinks row={row} /> : undefined },
          { term: 'Web address', value: row.app_url && <OutLink url={row.app_url} /> },
          { term: 'Running for', value: <Uptime row={row} /> },
          { term: 'Created', value: <TimeAgo at={row.created_at} /> },
          { term: 'Owner', value: <Owner id={row.owner_id} /> },
          { term: 'Host', value: row.node },
        ]}
      />
    </Section>
  );
}

function Uptime({ row }: { row: VmRow }) {
  const runs = row.status === 'running' || row.status === 'stopping';
  return runs && row.started_at !== null ? <Since at={row.started_at} /> : 'Not running';
}

function Since({ at }: { at: number }) {
  const now = useNow();
  return <span title={`Started ${formatInstant(at)}`}>{formatDuration(now - at)}</span>;
}

function Owner({ id }: { id: number | null }) {
  const account = useAccount();
  if (id === null) return 'Nobody: those who may see every VM';
  return id === account?.user_id ? 'You' : 'Another user';
}
