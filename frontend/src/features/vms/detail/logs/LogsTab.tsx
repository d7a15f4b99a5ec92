import { logUrl, type LogChannel } from '@/api/vmActions';
import { OutLink } from '@/components/ui/OutLink';
import { Section } from '@/components/ui/Section';
import { useVm } from '../vmContext';

const logs: { channel: LogChannel; label: string }[] = [
  { channel: 'serial', label: 'Serial log: what the guest printed on its console' },
  { channel: 'stdout', label: 'QEMU output' },
  { channel: 'stderr', label: 'QEMU errors' },
];

/** The logs as text that keeps following. */
export function LogsTab() {
  const row = useVm();
  return (
    <Section title="Logs">
      <ul>
        {logs.map(({ channel, label }) => (
          <li key={channel}>
            <OutLink url={new URL(logUrl(row.id, channel), window.location.href).href}>{label}</OutLink>
          </li>
        ))}
      </ul>
    </Section>
  );
}
