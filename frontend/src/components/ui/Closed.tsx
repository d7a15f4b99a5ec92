import { Empty } from './Empty';
import { Section } from './Section';

/** Instead of what somebody may not see, for who came by its address. */
export function Closed({ what, who }: { what: string; who: string }) {
  return (
    <Section title={what}>
      <Empty title="Not for everybody">
        {what} can be seen by {who}. Ask an admin of this host if you need more.
      </Empty>
    </Section>
  );
}
