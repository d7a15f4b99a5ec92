import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { useVms } from '@/live/useLive';
import { dockerComposeOf, parseAppCompose } from '../../compose/appCompose';
import { useDeploy } from '../deployContext';
import type { PortField } from '../form';
import { allowedText, freePort, takenPorts } from '../freePort';
import { Group } from '../Group';
import { publishedPorts, type PublishedPort } from '../publishedPorts';
import { aboutEntry, aboutNoEntry, besideField } from '../steps';
import { PortRow } from './PortRow';
import classes from './Network.module.css';

const MOST = 64;

/** Ports of the host that lead into the VM; those that the compose file opens are offered. */
export function Ports() {
  const { form, setForm, host, problems } = useDeploy();
  const vms = useVms();
  const rules = host.node.port_rules;
  const yaml = dockerComposeOf(parseAppCompose(form.compose) ?? {});
  const published = useMemo(() => publishedPorts(yaml), [yaml]);
  const offered = published.filter(
    ({ protocol, port }) => !form.ports.some((each) => each.protocol === protocol && each.vm_port === port),
  );
  const wrong = problems.filter(({ field }) => field === 'ports');

  const free = (protocol: PortField['protocol'], wished: number | undefined, others: readonly PortField[]) =>
    freePort(rules, takenPorts(vms?.values() ?? [], others), protocol, wished) ?? '';
  const setPorts = (ports: readonly PortField[]) => setForm({ ports });
  const lead = ({ protocol, port }: PublishedPort) =>
    setPorts([
      ...form.ports,
      { protocol, host_address: '', host_port: free(protocol, port, form.ports), vm_port: port },
    ]);

  if (rules.ranges.length === 0 && form.ports.length === 0) {
    return (
      <Group title="Ports" text="The operator of this host gives VMs no ports of it ([cvm.port_mapping]).">
        {null}
      </Group>
    );
  }
  return (
    <Group title="Ports" text={`Ports of this host that lead into the VM. ${rangesText(rules)}`}>
      <div className={classes.ports}>
        {form.ports.map((port, place) => (
          <PortRow
            key={place}
            port={port}
            place={place}
            defaultAddress={rules.address}
            problems={wrong.filter((each) => aboutEntry(each, place)).map(besideField)}
            onChange={(next) => setPorts(form.ports.with(place, next))}
            onFree={() =>
              setPorts(
                form.ports.with(place, {
                  ...port,
                  host_port: free(port.protocol, Number(port.vm_port) || undefined, form.ports),
                }),
              )
            }
            onRemove={() => setPorts(form.ports.toSpliced(place, 1))}
          />
        ))}
      </div>
      {wrong.filter(aboutNoEntry).map((each) => (
        <p key={each.message} className={classes.problem}>
          {besideField(each)}
        </p>
      ))}
      {form.ports.length < MOST && (
        <div className={classes.buttons}>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() =>
              setPorts([
                ...form.ports,
                {
                  protocol: 'tcp',
                  host_address: '',
                  host_port: free('tcp', undefined, form.ports),
                  vm_port: '',
                },
              ])
            }
          >
            Add a port
          </Button>
          {offered.map((each) => (
            <Button
              key={`${each.protocol} ${each.port}`}
              size="compact-sm"
              variant="light"
              onClick={() => lead(each)}
            >
              Lead to {each.port}
              {each.protocol === 'udp' ? '/udp' : ''} of your compose file
            </Button>
          ))}
        </div>
      )}
    </Group>
  );
}

function rangesText(rules: Parameters<typeof allowedText>[0]): string {
  const allowed = (['tcp', 'udp'] as const)
    .map((protocol) => [protocol, allowedText(rules, protocol)] as const)
    .filter(([, text]) => text !== '');
  return `Allowed here: ${allowed.map(([protocol, text]) => `${protocol} ${text}`).join('; ')}.`;
}
