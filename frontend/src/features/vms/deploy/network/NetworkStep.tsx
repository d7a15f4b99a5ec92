import { Textarea } from '@mantine/core';
import { useDeploy } from '../deployContext';
import { Advanced, Group } from '../Group';
import { Networks } from './Networks';
import { Ports } from './Ports';

/** How the VM is reached, and what it can reach. */
export function NetworkStep() {
  const { form, setForm, host, errorOf } = useDeploy();
  const urls = host.meta.gateway?.urls ?? [];
  return (
    <>
      <Ports />
      <Advanced title="Network interfaces" open={Boolean(errorOf('networks'))}>
        <Networks />
      </Advanced>
      <Advanced title="Gateway" open={Boolean(errorOf('gateway_urls'))}>
        <Group
          title="Gateway of this VM"
          text={`A gateway gives applications public https addresses. Left empty, it is the host’s: ${urls.join(', ') || 'none is configured'}. Whether the application wants one at all is among its options.`}
        >
          <Textarea
            aria-label="Gateway URLs, one a line"
            error={errorOf('gateway_urls')}
            value={form.gatewayUrls}
            rows={2}
            spellCheck={false}
            onChange={({ currentTarget }) => setForm({ gatewayUrls: currentTarget.value })}
          />
        </Group>
      </Advanced>
    </>
  );
}
