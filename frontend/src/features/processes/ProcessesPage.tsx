import { TextInput } from '@mantine/core';
import { Search } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useAccount, useMay } from '@/api/account';
import { useProcesses, type Process } from '@/api/host';
import { Closed } from '@/components/ui/Closed';
import { Empty } from '@/components/ui/Empty';
import { Failure } from '@/components/ui/Failure';
import { Page } from '@/components/ui/Page';
import { Section } from '@/components/ui/Section';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useNode } from '@/live/useLive';
import { EndDialog, type EndRequest } from './EndDialog';
import { matchingProcesses } from './processState';
import classes from './ProcessesPage.module.css';
import { ProcessTable } from './ProcessTable';

/** The programs on the host behind the VMs: QEMU, and what runs beside it. */
export function ProcessesPage() {
  const node = useNode();
  const account = useAccount();
  const may = useMay()('SEE_NODE');
  const { data, error, refetch } = useProcesses(may);
  return (
    <Page
      title="Processes"
      tab={node ? `Processes · ${node.name}` : 'Processes · dstack-vmm'}
      lead="The programs behind the VMs: QEMU, which is the machine itself, and a TPM beside it where a VM has one."
    >
      {account && !may && <Closed what="Processes" who="viewers, operators and admins" />}
      {may && !data && (
        <Section title="On this host">
          {error ? (
            <Failure title="The processes could not be read" error={error} onRetry={() => void refetch()} />
          ) : (
            <TableSkeleton what="processes" />
          )}
        </Section>
      )}
      {data && <Processes processes={data} />}
    </Page>
  );
}

function Processes({ processes }: { processes: readonly Process[] }) {
  const [text, setText] = useState('');
  const [request, setRequest] = useState<EndRequest | null>(null);
  const shown = matchingProcesses(processes, useDeferredValue(text));
  const running = processes.filter(({ pid }) => pid !== null).length;
  return (
    <Section
      title="On this host"
      hint={`${running} running`}
      actions={
        <TextInput
          className={classes.search}
          size="xs"
          type="search"
          aria-label="Search processes"
          placeholder="Name, id, PID, command"
          leftSection={<Search size={14} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      }
    >
      {shown.length > 0 && <ProcessTable processes={shown} onEnd={setRequest} />}
      {shown.length === 0 && (
        <Empty title={processes.length > 0 ? 'No process is like that' : 'No process yet'}>
          {processes.length > 0
            ? 'Search for a part of a VM’s name or id, a PID, or a word of a command.'
            : 'Each VM that is started has one here.'}
        </Empty>
      )}
      {request && <EndDialog request={request} onClose={() => setRequest(null)} />}
    </Section>
  );
}
