import type { Finding } from '@/api/vm';
import { Findings } from '@/components/findings/Findings';
import { Empty } from '@/components/ui/Empty';
import { Section } from '@/components/ui/Section';
import { TimeAgo } from '@/components/ui/TimeAgo';

/** What the server's looks at the host found, and how to mend it. `at`: 0 as long as it has not looked. */
export function HostFindings({ findings, at }: { findings: readonly Finding[]; at: number }) {
  const looked = at > 0;
  return (
    <Section
      title="What this host lacks"
      hint={
        looked && (
          <>
            looked at <TimeAgo at={at} />
          </>
        )
      }
    >
      {findings.length > 0 && <Findings findings={findings} />}
      {findings.length === 0 && (
        <Empty title={looked ? 'Nothing' : 'The server is still looking'}>
          {looked
            ? 'All that this server’s settings ask for works on this host.'
            : 'It looks at the host after it has started, and every few minutes from then on.'}
        </Empty>
      )}
    </Section>
  );
}
