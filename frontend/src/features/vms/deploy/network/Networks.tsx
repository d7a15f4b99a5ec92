import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core';
import { X } from 'lucide-react';
import { useDeploy } from '../deployContext';
import type { NetworkField } from '../form';
import { aboutEntry, besideField } from '../steps';
import classes from './Network.module.css';

const MOST = 64;

/** Interfaces of the VM; as many as are listed, or the host's default one. */
export function Networks() {
  const { form, setForm, host, problems } = useDeploy();
  const networking = host.meta.networking;
  const modes = networking?.supported_modes ?? ['user'];
  const wrong = problems.filter(({ field }) => field === 'networks');
  const write = (networks: readonly NetworkField[]) => setForm({ networks });
  return (
    <>
      {form.networks.length === 0 && (
        <p className={classes.hint}>
          One interface, as the host has it:{' '}
          {defaultText(networking?.default_mode, networking?.default_bridge)}.
        </p>
      )}
      {form.networks.map((network, place) => (
        <div key={place} className={classes.network} role="group" aria-label={`Interface ${place + 1}`}>
          <NativeSelect
            label={`Interface ${place + 1}`}
            value={network.mode}
            data={[
              { value: 'user', label: 'Through the host (user)' },
              {
                value: 'bridge',
                label: modes.includes('bridge') ? 'On a bridge' : 'On a bridge (this host has none)',
                disabled: !modes.includes('bridge') && network.mode !== 'bridge',
              },
            ]}
            onChange={({ currentTarget }) =>
              write(
                form.networks.with(place, {
                  mode: currentTarget.value === 'bridge' ? 'bridge' : 'user',
                  bridge_name:
                    currentTarget.value === 'bridge'
                      ? network.bridge_name || (networking?.default_bridge ?? '')
                      : '',
                }),
              )
            }
          />
          {network.mode === 'bridge' ? (
            <TextInput
              label="Bridge"
              placeholder="br0"
              value={network.bridge_name}
              spellCheck={false}
              onChange={({ currentTarget }) =>
                write(form.networks.with(place, { ...network, bridge_name: currentTarget.value.trim() }))
              }
            />
          ) : (
            <span />
          )}
          <ActionIcon
            variant="subtle"
            size="lg"
            aria-label={`Remove interface ${place + 1}`}
            onClick={() => write(form.networks.toSpliced(place, 1))}
          >
            <X size={16} aria-hidden />
          </ActionIcon>
          {wrong
            .filter((each) => aboutEntry(each, place))
            .map((each) => (
              <p key={each.message} className={classes.portProblem}>
                {besideField(each)}
              </p>
            ))}
        </div>
      ))}
      {form.networks.length < MOST && (
        <div>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => write([...form.networks, { mode: 'user', bridge_name: '' }])}
          >
            {form.networks.length === 0 ? 'Choose interfaces' : 'Add an interface'}
          </Button>
        </div>
      )}
    </>
  );
}

function defaultText(mode = 'user', bridge = ''): string {
  if (mode === 'bridge') return `on the bridge ${bridge}`;
  return mode === 'user' ? 'through the host (user), which is the way ports are led' : mode;
}
