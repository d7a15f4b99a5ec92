import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useAccount } from '@/api/account';
import type { VmRow } from '@/api/vm';
import { Facts } from '@/components/ui/Facts';
import { OutLink } from '@/components/ui/OutLink';
import { Section } from '@/components/ui/Section';
import { TimeAgo } from '@/components/ui/TimeAgo';
import { useNow } from '@/hooks/useNow';
import { formatDuration, formatInstant } from '@/lib/duration';
import { shorten } from '@/lib/shorten';
import { formatDisk, formatMemory } from '@/lib/size';
import { nodeState, type NodeRow } from '@/api/node';
import { useNodeOf } from '@/live/useLive';
import { useComposeHash } from '../../compose/useComposeHash';
import { PortLinks } from '../PortLinks';
import { useVmInfo } from '../useVmInfo';

/** Who it is, what it is made of, and the ways into it. */
export function About({ row }: { row: VmRow }) {
  const configuration = useVmInfo(row).data?.configuration;
  const hash = useComposeHash(configuration?.compose_file ?? '');
  const node = useNodeOf(row.node);
  const composeHash = configuration ? (hash ?? '') : '';
  const version =
    row.image_version && !row.image.endsWith(row.image_version) ? ` (${row.image_version})` : '';
  const size = `${row.vcpu} vCPU · ${formatMemory(row.memory)} · ${formatDisk(row.disk_size)} disk`;
  return (
    <Section title="About">
      <Facts
        facts={[
          { term: 'Size', value: size },
          { term: 'Image', value: <Link to="/images">{row.image + version}</Link> },
          { term: 'Running for', value: <Uptime row={row} /> },
          { term: 'Ports', value: row.ports.length > 0 ? <PortLinks row={row} /> : undefined },
          { term: 'Web address', value: row.app_url && <OutLink url={row.app_url} /> },
          { term: 'Key management', value: configuration && keysFrom(configuration.kms_urls) },
          { term: 'App id', ...idFact(row.app_id) },
          { term: 'Instance id', ...idFact(row.instance_id ?? '') },
          { term: 'Compose hash', ...idFact(composeHash) },
          { term: 'Owner', value: <Owner id={row.owner_id} /> },
          { term: 'Created', value: <TimeAgo at={row.created_at} /> },
          node ? { term: 'Node', value: nodeText(node) } : { term: 'Host', value: row.node },
        ]}
      />
    </Section>
  );
}

const nodeText = (node: NodeRow): string =>
  node.state === 'up' && !node.cordoned ? node.name : `${node.name} (${nodeState(node).word.toLowerCase()})`;

/** Its beginning tells it from others; all of it is for copying. */
const idFact = (id: string): { value: ReactNode; mono: boolean; copy: string } => ({
  value: id && <span title={id}>{shorten(id, 20)}</span>,
  mono: true,
  copy: id,
});

const keysFrom = (urls: readonly string[]): string =>
  urls.length > 0 ? urls.join(', ') : 'As the host is set up';

function Uptime({ row }: { row: VmRow }) {
  const runs = row.status === 'running' || row.status === 'stopping';
  const again = row.restarts > 0 ? ` (restarted ${row.restarts} × by itself)` : '';
  return (
    <>
      {runs && row.started_at !== null ? <Since at={row.started_at} /> : 'Not running'}
      {again}
    </>
  );
}

function Since({ at }: { at: number }) {
  const now = useNow();
  return <span title={`Started ${formatInstant(at)}`}>{formatDuration(now - at)}</span>;
}

function Owner({ id }: { id: number | null }) {
  const account = useAccount();
  if (id === null) return 'Nobody in particular';
  return id === account?.user_id ? 'You' : 'Another user';
}
