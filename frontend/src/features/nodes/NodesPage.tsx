import { Button } from '@mantine/core';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { useAccount, useMay } from '@/api/account';
import { Closed } from '@/components/ui/Closed';
import { Empty } from '@/components/ui/Empty';
import { Page } from '@/components/ui/Page';
import { Section } from '@/components/ui/Section';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useNode, useNodes } from '@/live/useLive';
import { NodeDialogs, type NodeRequest } from './NodeDialogs';
import { NodeTable } from './NodeTable';
import { PullDialog } from './PullDialog';

/** The hosts that share this console: how each is, what it has left, and whether new VMs go there. */
export function NodesPage() {
  const account = useAccount();
  const may = useMay();
  const known = useNode() !== undefined;
  const nodes = useNodes();
  const [request, setRequest] = useState<NodeRequest | null>(null);
  const [pulling, setPulling] = useState(false);
  const maySee = may('SEE_NODE');
  const isFleet = nodes.length > 1;
  const asked = nodes.find(({ name }) => name === request?.name);
  return (
    <Page
      title="Nodes"
      tab="Nodes · dstack-vmm"
      lead="The hosts that share this console. A new VM goes to the one with the most room that can take it, unless you name one."
      actions={
        isFleet &&
        may('STEER_NODE') && (
          <Button
            variant="default"
            leftSection={<Download size={14} aria-hidden />}
            onClick={() => setPulling(true)}
          >
            Pull an image…
          </Button>
        )
      }
    >
      {account && !maySee && <Closed what="Nodes" who="viewers, operators and admins" />}
      {maySee && (
        <Section title="All nodes" hint={isFleet && countText(nodes)}>
          {!known && <TableSkeleton what="nodes" />}
          {known && !isFleet && <Alone />}
          {isFleet && <NodeTable nodes={nodes} mayManage={may('MANAGE_NODES')} onAsk={setRequest} />}
        </Section>
      )}
      {request && asked && <NodeDialogs kind={request.kind} node={asked} onClose={() => setRequest(null)} />}
      {pulling && <PullDialog nodes={nodes} onClose={() => setPulling(false)} />}
    </Page>
  );
}

function Alone() {
  return (
    <Empty title="This host works alone">
      Others join it when their servers are given the same PostgreSQL database, Redis and secret:{' '}
      <code>DATABASE_URL</code>, <code>REDIS_URL</code> and <code>[fleet]</code> in the settings file.
    </Empty>
  );
}

function countText(nodes: readonly { state: string }[]): string {
  const up = nodes.filter(({ state }) => state === 'up').length;
  return up === nodes.length ? `${nodes.length}, all up` : `${up} of ${nodes.length} up`;
}
