import { Failure } from '@/components/ui/Failure';
import { Section } from '@/components/ui/Section';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useVmInfo } from '../useVmInfo';
import { useVm } from '../vmContext';
import { Application } from './Application';
import { ComposeFile } from './ComposeFile';
import { Environment } from './Environment';
import { Machine } from './Machine';
import { NextStart } from './NextStart';

/** Everything that the VM was asked to be. */
export function ConfigurationTab() {
  const row = useVm();
  const { data, error, refetch } = useVmInfo(row);
  if (error && !data) {
    return (
      <Section title="Configuration">
        <Failure title="The configuration could not be read" error={error} onRetry={() => void refetch()} />
      </Section>
    );
  }
  const configuration = data?.configuration;
  if (!configuration) return <TableSkeleton what="the configuration" />;
  return (
    <>
      <NextStart row={row} />
      <Machine configuration={configuration} />
      <Application composeFile={configuration.compose_file} />
      <Environment configuration={configuration} />
      <ComposeFile composeFile={configuration.compose_file} name={row.name} />
    </>
  );
}
