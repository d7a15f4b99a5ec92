import { notifications } from '@mantine/notifications';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useMay } from '@/api/account';
import { call } from '@/api/client';
import type { VmRow } from '@/api/vm';
import { Empty } from '@/components/ui/Empty';
import { Failure } from '@/components/ui/Failure';
import { Page } from '@/components/ui/Page';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useVms } from '@/live/useLive';
import { keyProviderOf, parseAppCompose } from '../compose/appCompose';
import { DeployContext } from '../deploy/deployContext';
import { variablesOf } from '../deploy/environment';
import { useTrustedSigners } from '../deploy/trustedSigners';
import { useHost, type Host } from '../deploy/useHost';
import { useKmsKey } from '../deploy/useKmsKey';
import { seal } from '../deploy/useSubmit';
import { useVmInfo } from '../detail/useVmInfo';
import { ApplyPanel } from './ApplyPanel';
import { updateRequest } from './changes';
import { Conflict } from './Conflict';
import type { Configuration } from './formOf';
import { ComposeSection, EnvironmentSection, MachineSection, NetworkSection } from './Sections';
import { useApply, type Manner } from './useApply';
import { useUpdate } from './useUpdate';
import classes from './Update.module.css';

const route = getRouteApi('/vms/$id/update');

/** Another configuration for a VM that is there: one form, what differs, and what that means. */
export function UpdatePage() {
  const { id } = route.useParams();
  const vms = useVms();
  const row = vms?.get(id);
  const may = useMay();
  const { host, error, retry } = useHost();
  return (
    <Page
      title={row ? `Update ${row.name}` : 'Update'}
      tab={`Update ${row?.name ?? ''} · dstack-vmm`}
      lead={
        <>
          Its application, environment, size, ports and more. <a href={`/vms/${id}`}>Back to the VM</a>
        </>
      }
    >
      {!vms && <TableSkeleton what="the virtual machine" />}
      {vms && !row && <Nothing title="There is no such VM">It was removed, or is somebody else’s.</Nothing>}
      {row && !may('CHANGE_VM', row) && (
        <Nothing title="You may not change this VM">Its owner may, and admins of this host.</Nothing>
      )}
      {error && (
        <div className={classes.inset}>
          <Failure title="The host’s settings could not be read" error={error} onRetry={retry} />
        </div>
      )}
      {row && host && may('CHANGE_VM', row) && <Known key={id} row={row} host={host} />}
    </Page>
  );
}

function Nothing({ title, children }: { title: string; children: string }) {
  return (
    <div className={classes.inset}>
      <Empty title={title} heading="h2">
        {children}
      </Empty>
    </div>
  );
}

function Known({ row, host }: { row: VmRow; host: Host }) {
  const { data, error, refetch } = useVmInfo(row);
  if (error && !data) {
    return (
      <div className={classes.inset}>
        <Failure title="The VM could not be read" error={error} onRetry={() => void refetch()} />
      </div>
    );
  }
  if (!data?.configuration) return <TableSkeleton what="the configuration" />;
  return <UpdateForm row={row} host={host} latest={data.configuration} />;
}

interface FormProps {
  row: VmRow;
  host: Host;
  /** As the server has it now. */
  latest: Configuration;
}

function UpdateForm({ row, host, latest }: FormProps) {
  const navigate = useNavigate();
  const update = useUpdate(host, row, latest);
  const { deploy, changes, replacesEnv, base } = update;
  const [trusted, trust] = useTrustedSigners();
  const [consent, setConsent] = useState('');
  const wantsKey = replacesEnv && keyProviderOf(parseAppCompose(deploy.form.compose) ?? {}) === 'kms';
  const query = useKmsKey(base.app_id ?? undefined, wantsKey);
  const now = useRef(row);
  useEffect(() => {
    now.current = row;
  }, [row]);
  const apply = useApply(() => now.current, host.node.shutdown_timeout * 1000);

  const prepare = async () => {
    const { info } = await call('GetInfo', { id: row.id });
    if (JSON.stringify(settled(info?.configuration)) !== JSON.stringify(settled(base)))
      throw new Error('Somebody else has changed the VM just now. See above what they changed.');
    const variables = replacesEnv ? variablesOf(deploy.env) : [];
    const env = variables.length > 0 ? await seal(deploy.form, variables, trusted, consent) : '';
    return updateRequest(row.id, deploy.form, changes, env);
  };

  const onUpdated = async () => {
    const { info } = await call('GetInfo', { id: row.id });
    if (info?.configuration) update.onApplied(info.configuration);
  };

  const begin = (manner: Manner, start: boolean) => {
    void apply.apply({ row, manner, start, prepare, onUpdated }).then((done) => {
      if (!done) return;
      notifications.show({ message: `Updated ${row.name}`, autoClose: 4_000 });
      void navigate({ to: '/vms/$id', params: { id: row.id } });
    });
  };

  return (
    <DeployContext value={deploy}>
      {update.theirs.length > 0 && !apply.busy && (
        <Conflict
          theirs={update.theirs}
          onReload={() => update.rebase(false)}
          onOverwrite={() => update.rebase(true)}
        />
      )}
      <div className={classes.columns}>
        <div className={classes.sections} inert={apply.busy}>
          <ComposeSection update={update} />
          <EnvironmentSection update={update} kmsKey={{ query, trusted, trust, consent, setConsent }} />
          <MachineSection update={update} />
          <NetworkSection />
        </div>
        <ApplyPanel update={update} apply={apply} onApply={begin} />
      </div>
    </DeployContext>
  );
}

/** A configuration without what starting and stopping changes of it. */
const settled = (configuration: Configuration | null | undefined) =>
  configuration ? { ...configuration, stopped: false } : null;
