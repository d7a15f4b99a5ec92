import { Link } from '@tanstack/react-router';
import type { Message } from '@/api/methods';
import { Facts, type Fact } from '@/components/ui/Facts';
import { Section } from '@/components/ui/Section';
import { formatDisk, formatMemory } from '@/lib/size';

type Configuration = Message<'VmConfiguration'>;

/** The virtual hardware, its protection and the services it relies on. */
export function Machine({ configuration }: { configuration: Configuration }) {
  const { vcpu, memory, disk_size, image, hugepages, pin_numa } = configuration;
  return (
    <>
      <Section title="Machine">
        <Facts
          facts={[
            { term: 'Image', value: <Link to="/images">{image}</Link> },
            { term: 'vCPUs', value: vcpu },
            { term: 'Memory', value: formatMemory(memory) },
            { term: 'Disk', value: formatDisk(disk_size) },
            { term: 'GPUs', value: gpusOf(configuration) },
            { term: 'Huge pages', value: hugepages ? 'Its memory is of huge pages' : 'No' },
            { term: 'Kept near its GPUs (NUMA)', value: pin_numa ? 'Yes' : 'No' },
            { term: 'Networks', value: networksOf(configuration) },
          ]}
        />
      </Section>
      <Section title="Trust and services" hint="Where nothing is given, the host’s own settings hold.">
        <Facts facts={trustOf(configuration)} />
      </Section>
    </>
  );
}

function trustOf({ no_tee, simulated_tee, kms_urls, gateway_urls }: Configuration): Fact[] {
  return [
    { term: 'Protection', value: protectionOf(no_tee, simulated_tee) },
    { term: 'Key management services', value: addresses(kms_urls), mono: kms_urls.length > 0 },
    { term: 'Gateways', value: addresses(gateway_urls), mono: gateway_urls.length > 0 },
  ];
}

function protectionOf(noTee: boolean, simulated: string | null): string {
  if (simulated) return `None: it simulates ${simulated}, for development`;
  return noTee
    ? 'None: the host can read its memory'
    : 'Confidential: the processor encrypts its memory, and what runs in it can be proved';
}

const addresses = (urls: readonly string[]): string =>
  urls.length > 0 ? urls.join(', ') : 'As the host is set up';

function gpusOf({ gpus }: Configuration): string {
  if (gpus?.attach_mode === 'all') return 'All of the host';
  const slots = gpus?.gpus.map(({ slot }) => slot) ?? [];
  return slots.length > 0 ? slots.join(', ') : 'None';
}

function networksOf({ networks }: Configuration): string {
  const shown = networks.map(({ mode, bridge_name }) => (bridge_name ? `${mode} (${bridge_name})` : mode));
  return shown.join(', ') || 'As the host is set up';
}
