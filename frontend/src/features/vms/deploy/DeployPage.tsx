import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAccount, useMay } from '@/api/account';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import { Empty } from '@/components/ui/Empty';
import { Failure } from '@/components/ui/Failure';
import { Page } from '@/components/ui/Page';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useVms } from '@/live/useLive';
import { DeployFrame } from './DeployFrame';
import { firstForm } from './firstForm';
import { forkOf, notCopied } from './fork';
import { forgetDraft, readDraft } from './storage';
import { useHost, type Host } from './useHost';
import classes from './Deploy.module.css';

const route = getRouteApi('/deploy');

/** Makes a VM of a docker-compose file, or of another VM. */
export function DeployPage() {
  const { from } = route.useSearch();
  const account = useAccount();
  const may = useMay();
  const { host, error, retry } = useHost();
  const allowed = may('CREATE_VM');
  const title = from ? 'Fork a VM' : 'New VM';
  return (
    <Page title={title} tab={`${title} · ${host?.node.name ?? 'dstack-vmm'}`} lead={lead(from)}>
      {account && !allowed && <NotAllowed />}
      {allowed && error && (
        <div className={classes.inset}>
          <Failure title="The host’s settings could not be read" error={error} onRetry={retry} />
        </div>
      )}
      {allowed && !host && !error && <TableSkeleton what="the host" />}
      {allowed && host && (from ? <Fork key={from} from={from} host={host} /> : <Fresh host={host} />)}
    </Page>
  );
}

const lead = (from: string | undefined): string =>
  from
    ? 'A new VM after one that is there. What can’t be copied is said.'
    : 'Runs a docker-compose application in a VM of its own, which its host can’t look into where the hardware allows.';

function Fresh({ host }: { host: Host }) {
  const [round, startOver] = useRounds(undefined);
  const first = (round === 0 ? readDraft(undefined) : null) ?? { form: firstForm(host), env: [] };
  return <DeployFrame key={round} host={host} first={first} onStartOver={startOver} />;
}

/** How often somebody has started over, and the way to do so. */
function useRounds(from: string | undefined): [number, () => void] {
  const [round, setRound] = useState(0);
  const navigate = useNavigate();
  const startOver = () => {
    forgetDraft(from);
    setRound(round + 1);
    void navigate({ to: '/deploy', search: from ? { from } : {} });
  };
  return [round, startOver];
}

function Fork({ from, host }: { from: string; host: Host }) {
  const vms = useVms();
  const [round, startOver] = useRounds(from);
  const { data, error, refetch } = useQuery({
    queryKey: [...keys.vm(from, 0), 'fork'],
    queryFn: () => call('GetInfo', { id: from }),
    staleTime: Infinity,
    retry: false,
  });
  if (error) {
    return (
      <div className={classes.inset}>
        <Failure title="The VM could not be read" error={error} onRetry={() => void refetch()} />
      </div>
    );
  }
  if (!data || !vms) return <TableSkeleton what="the VM" />;
  const original = data.info?.configuration;
  if (!original) return <Gone id={from} />;
  return (
    <DeployFrame
      key={round}
      host={host}
      first={(round === 0 ? readDraft(from) : null) ?? forkOf(original, host, vms.values())}
      fork={{ id: from, name: original.name, compose: original.compose_file, notCopied: notCopied(original) }}
      onStartOver={startOver}
    />
  );
}

function NotAllowed() {
  return (
    <div className={classes.inset}>
      <Empty title="You may look, but not create VMs" heading="h2">
        An admin of this host can make you a member. Then you create VMs of your own.
      </Empty>
    </div>
  );
}

function Gone({ id }: { id: string }) {
  return (
    <div className={classes.inset}>
      <Empty
        title="There is no such VM"
        heading="h2"
        action={
          <Button component={Link} to="/deploy" size="compact-sm" variant="default">
            Begin without it
          </Button>
        }
      >
        No VM with the id <code>{id}</code> can be copied: it has been removed, or it is somebody else’s.
      </Empty>
    </div>
  );
}
