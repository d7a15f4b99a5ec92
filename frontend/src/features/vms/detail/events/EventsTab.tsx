import { useState } from 'react';
import { CopyButton } from '@/components/ui/CopyButton';
import { Empty } from '@/components/ui/Empty';
import { Failure } from '@/components/ui/Failure';
import { Section } from '@/components/ui/Section';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useVmEvents } from '../useVmEvents';
import { useVm } from '../vmContext';
import { EventList } from './EventList';
import { asText, sourceOf, type Source } from './eventWords';
import { SourceChoice } from './SourceChoice';

/** What happened, as it happens: seen by the host, or said by the guest. */
export function EventsTab() {
  const row = useVm();
  const { data, error, refetch } = useVmEvents(row);
  const [source, setSource] = useState<Source | null>(null);
  if (error && !data) {
    return (
      <Section title="Events">
        <Failure title="The events could not be read" error={error} onRetry={() => void refetch()} />
      </Section>
    );
  }
  if (!data) return <TableSkeleton what="the events" />;

  const shown = data.events.filter((event) => source === null || sourceOf(event) === source);
  return (
    <Section
      title="Events"
      hint={`Newest first. The last ${data.kept} are kept.`}
      actions={
        <CopyButton
          text={shown.map(asText).join('\n')}
          label="Copy these events as text"
          caption="Copy as text"
        />
      }
    >
      <SourceChoice source={source} events={data.events} onSource={setSource} />
      {shown.length > 0 ? (
        <EventList events={shown} />
      ) : (
        <Empty title={source === null ? 'Nothing has happened yet' : `Nothing from the ${source}`}>
          {source === 'guest'
            ? 'Its guest has said nothing yet. Guests tell how their boot goes, once their system runs.'
            : 'Starts, ends and all that the guest tells will be listed here as they happen.'}
        </Empty>
      )}
    </Section>
  );
}
