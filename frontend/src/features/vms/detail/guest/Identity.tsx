import type { VmRow } from '@/api/vm';
import { CopyButton } from '@/components/ui/CopyButton';
import { Facts } from '@/components/ui/Facts';
import { Section } from '@/components/ui/Section';
import { Silent } from './Silent';
import { IDENTITY_EVERY_MS, useGuest } from './useGuest';
import classes from './Identity.module.css';

/** Who the guest says it is, with what it would prove that with. It doesn't change while the guest runs. */
export function Identity({ row }: { row: VmRow }) {
  const query = useGuest(row, 'GuestInfo', { everyMs: IDENTITY_EVERY_MS });
  const info = query.data;
  return (
    <Section title="Who it says it is">
      <Silent query={query} />
      {info && (
        <>
          <Facts
            facts={[
              { term: 'Agent’s version', value: info.version },
              { term: 'App id', value: info.app_id, mono: true, copy: info.app_id },
              { term: 'Instance id', value: info.instance_id, mono: true, copy: info.instance_id },
              { term: 'Device id', value: info.device_id, mono: true, copy: info.device_id },
            ]}
          />
          <Proof title="Measurements (TCB info)" text={info.tcb_info} />
          <Proof title="Certificate of the app" text={info.app_cert} />
        </>
      )}
    </Section>
  );
}

/** A long text that few want to read here, and some want to copy. */
function Proof({ title, text }: { title: string; text: string }) {
  if (text === '') return null;
  return (
    <details className={classes.proof}>
      <summary>{title}</summary>
      <div className={classes.text}>
        <CopyButton text={text} label={`Copy: ${title}`} caption="Copy" />
        {/* A long text scrolls, so it must be reachable by keyboard. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <pre tabIndex={0} aria-label={title}>
          {text}
        </pre>
      </div>
    </details>
  );
}
