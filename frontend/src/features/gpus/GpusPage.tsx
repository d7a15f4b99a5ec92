import { useGpuDevices, type GpuDevice } from '@/api/host';
import { Empty } from '@/components/ui/Empty';
import { Failure } from '@/components/ui/Failure';
import { Page } from '@/components/ui/Page';
import { Section } from '@/components/ui/Section';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useNode } from '@/live/useLive';
import { DeviceTable } from './DeviceTable';

/** The GPUs of this host: which are free, which VM has the others, and why some can't be given. */
export function GpusPage() {
  const node = useNode();
  const { data, error, refetch } = useGpuDevices();
  const devices = data?.devices ?? [];
  const gpus = devices.filter(({ kind }) => kind === 'gpu');
  const switches = devices.filter(({ kind }) => kind !== 'gpu');
  return (
    <Page
      title="GPUs"
      tab={node ? `GPUs · ${node.name}` : 'GPUs · dstack-vmm'}
      lead="A GPU serves one VM at a time: from the request to run until it is off. You choose GPUs when you deploy a VM."
    >
      {!data && (
        <Section title="On this host">
          {error ? (
            <Failure title="The GPUs could not be read" error={error} onRetry={() => void refetch()} />
          ) : (
            <TableSkeleton what="GPUs" />
          )}
        </Section>
      )}
      {data && (
        <Section title="On this host" hint={gpus.length > 0 && freeText(gpus)}>
          {gpus.length > 0 ? (
            <DeviceTable label="GPUs on this host" devices={gpus} />
          ) : (
            <NoGpus enabled={data.enabled} />
          )}
        </Section>
      )}
      {switches.length > 0 && (
        <Section
          title="NVSwitches"
          hint="they join the GPUs of a board; a VM that has all GPUs has them, too"
        >
          <DeviceTable label="NVSwitches on this host" devices={switches} />
        </Section>
      )}
    </Page>
  );
}

const freeText = (gpus: readonly GpuDevice[]): string =>
  `${gpus.filter(({ is_free }) => is_free).length} of ${gpus.length} free`;

/** How GPUs come here. */
function NoGpus({ enabled }: { enabled: boolean }) {
  return (
    <Empty title="No GPU was found on this host">
      One appears here by itself when the host has an NVIDIA GPU. For VMs to be given it, switch on the host’s
      IOMMU, bind the GPU to the <code>vfio-pci</code> driver
      {enabled ? (
        '.'
      ) : (
        <>
          , and set <code>enabled = true</code> in <code>[cvm.gpu]</code> of the server’s settings file.
        </>
      )}{' '}
      What is still missing then stands beside it.
    </Empty>
  );
}
