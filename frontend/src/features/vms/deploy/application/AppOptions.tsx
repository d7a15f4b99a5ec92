import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { parseAppCompose, withFields, type AppCompose } from '../../compose/appCompose';
import { useDeploy } from '../deployContext';
import { FieldRow } from '../Group';
import { NumberInput } from '../NumberInput';
import { InitScripts } from './InitScripts';
import { Requirements } from './Requirements';
import { Volumes } from './Volumes';
import classes from './AppOptions.module.css';

const MB = 1 << 20;

/** Flags of an app-compose file: what each does when it is set, and what it is where the file is silent. */
const flags = [
  [
    'gateway_enabled',
    'Reachable through the gateway',
    'The gateway gives it a public https address of its own.',
    false,
  ],
  [
    'public_logs',
    'Logs are public',
    'Whoever reaches the VM’s agent can read what its containers write.',
    false,
  ],
  ['public_sysinfo', 'System figures are public', 'Likewise its load, memory and disks.', false],
  [
    'public_tcbinfo',
    'Measurements are public',
    'Others can see what was measured, and check it. Nothing secret is in it.',
    true,
  ],
  [
    'no_instance_id',
    'All instances are one',
    'Keys of the disk depend on the application alone, not on the single VM.',
    false,
  ],
  [
    'secure_time',
    'Checked time',
    'The guest takes the time only from servers that prove who they are, and waits for them at start.',
    true,
  ],
] as const;

/** What an app-compose file can say beside its docker-compose file. Each change makes another application of it. */
export function AppOptions() {
  const { form, setForm } = useDeploy();
  const compose = parseAppCompose(form.compose);
  if (!compose) return <p className={classes.note}>The app-compose file is no JSON object: mend it first.</p>;
  const set = (fields: AppCompose) => setForm({ compose: withFields(form.compose, fields) });
  const swap = compose.swap_size;
  return (
    <>
      <div className={classes.flags}>
        {flags.map(([field, label, description, silent]) => (
          <Checkbox
            key={field}
            label={label}
            description={description}
            checked={typeof compose[field] === 'boolean' ? compose[field] : silent}
            onChange={({ currentTarget }) => set({ [field]: currentTarget.checked })}
          />
        ))}
      </div>
      <FieldRow>
        <NativeSelect
          label="File system of the disk"
          description="ZFS compresses and checks; ext4 is plain."
          value={typeof compose.storage_fs === 'string' ? compose.storage_fs : ''}
          data={[
            { value: '', label: 'The image’s choice' },
            { value: 'zfs', label: 'ZFS' },
            { value: 'ext4', label: 'ext4' },
          ]}
          onChange={({ currentTarget }) => set({ storage_fs: currentTarget.value || undefined })}
        />
        {typeof swap === 'string' ? (
          <TextInput
            label="Swap"
            description="On the encrypted disk: bytes, or such as 2G."
            value={swap}
            onChange={({ currentTarget }) => set({ swap_size: currentTarget.value || undefined })}
          />
        ) : (
          <NumberInput
            label="Swap"
            description="On the encrypted disk; none if empty."
            unit="MB"
            value={typeof swap === 'number' && swap > 0 ? Math.round(swap / MB) : ''}
            onChange={(mb) => set({ swap_size: mb ? mb * MB : undefined })}
          />
        )}
      </FieldRow>
      <InitScripts compose={compose} set={set} />
      <Textarea
        label="Script before the application"
        description="Runs in the guest each time before docker compose, with the environment set."
        value={typeof compose.pre_launch_script === 'string' ? compose.pre_launch_script : ''}
        rows={3}
        spellCheck={false}
        classNames={{ input: classes.code ?? '' }}
        onChange={({ currentTarget }) => set({ pre_launch_script: currentTarget.value || undefined })}
      />
      <Requirements compose={compose} set={set} />
      <Volumes compose={compose} set={set} />
    </>
  );
}
