import { useAccount, useMay } from '@/api/account';
import { useHost, type Host } from '@/api/host';
import { Closed } from '@/components/ui/Closed';
import { Failure } from '@/components/ui/Failure';
import { Page } from '@/components/ui/Page';
import { Section } from '@/components/ui/Section';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { About } from './About';
import { Capacity } from './Capacity';
import { HostCharts } from './HostCharts';
import { HostFindings } from './HostFindings';
import { Settings } from './Settings';

/** What this host is, what of it is left, what it lacks, and what the server is set to. */
export function HostPage() {
  const account = useAccount();
  const may = useMay()('SEE_NODE');
  const { data: host, error, refetch } = useHost(may);
  return (
    <Page
      title="Host"
      tab={host ? `Host · ${host.name}` : 'Host · dstack-vmm'}
      lead={host && <Lead host={host} />}
    >
      {account && !may && <Closed what="The host" who="viewers, operators and admins" />}
      {may && !host && (
        <Section title="Capacity">
          {error ? (
            <Failure title="The host could not be read" error={error} onRetry={() => void refetch()} />
          ) : (
            <TableSkeleton what="the host" />
          )}
        </Section>
      )}
      {host && (
        <>
          <Capacity host={host} />
          <HostCharts host={host} />
          <HostFindings findings={host.findings} at={host.findings_at_ms} />
          <About host={host} />
          <Settings settings={host.settings} />
        </>
      )}
    </Page>
  );
}

function Lead({ host }: { host: Host }) {
  return (
    <>
      {host.name} · {host.cpu_model} · {host.kernel}
    </>
  );
}
