import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import type { AppCompose } from '../../compose/appCompose';
import { FieldRow } from '../Group';
import classes from './AppOptions.module.css';

const platforms = [
  'dstack-tdx',
  'dstack-gcp-tdx',
  'dstack-amd-sev-snp',
  'dstack-nitro-enclave',
  'dstack-aws-nitro-tpm',
];

interface Props {
  compose: AppCompose;
  set: (fields: AppCompose) => void;
}

/** What the application demands of whoever runs it: a guest in which it isn't so does not start it. */
export function Requirements({ compose, set }: Props) {
  const given = fieldsOf(compose.requirements);
  const demand = (field: string, value: unknown) => {
    const next = Object.fromEntries(
      Object.entries({ ...given, [field]: value }).filter(([, each]) => each !== undefined),
    );
    set({ requirements: Object.keys(next).length > 0 ? next : undefined });
  };
  const chosen = Array.isArray(given.platforms) ? given.platforms.map(String) : [];
  const acpi = given.tdx_measure_acpi_tables;
  return (
    <fieldset className={classes.list}>
      <legend>Requirements</legend>
      <p className={classes.hint}>
        A guest that doesn’t meet them doesn’t start the application. A policy for GPUs is written in
        app-compose.json (requirements.gpu_policy).
      </p>
      <div className={classes.platforms} role="group" aria-label="Platforms; any where none is chosen">
        {platforms.map((each) => (
          <Checkbox
            key={each}
            label={each}
            checked={chosen.includes(each)}
            onChange={({ currentTarget }) => {
              const next = currentTarget.checked ? [...chosen, each] : chosen.filter((one) => one !== each);
              demand('platforms', next.length > 0 ? next : undefined);
            }}
          />
        ))}
      </div>
      <div className={classes.wide}>
        <FieldRow>
          <TextInput
            label="Version of the image"
            description="Such as >=0.5.4."
            value={typeof given.os_version === 'string' ? given.os_version : ''}
            onChange={({ currentTarget }) => demand('os_version', currentTarget.value || undefined)}
          />
          <TextInput
            label="Hash of a launch token"
            description="SHA-256, hex; the token itself is a variable, APP_LAUNCH_TOKEN."
            value={typeof given.launch_token_hash === 'string' ? given.launch_token_hash : ''}
            onChange={({ currentTarget }) => demand('launch_token_hash', currentTarget.value || undefined)}
          />
          <NativeSelect
            label="How TDX guests are measured"
            description="Legacy: from the whole image; lite: from its measurements."
            value={acpi === true ? 'legacy' : acpi === false ? 'lite' : ''}
            data={[
              { value: '', label: 'The host’s choice' },
              { value: 'legacy', label: 'Legacy' },
              { value: 'lite', label: 'Lite' },
            ]}
            onChange={({ currentTarget: { value } }) =>
              demand('tdx_measure_acpi_tables', value === '' ? undefined : value === 'legacy')
            }
          />
        </FieldRow>
      </div>
    </fieldset>
  );
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
