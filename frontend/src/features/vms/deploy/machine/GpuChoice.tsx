import { Checkbox, NativeSelect } from '@mantine/core';
import { useDeploy } from '../deployContext';
import { Group } from '../Group';
import { useGpus } from '../useHost';
import classes from './Machine.module.css';

/** GPUs that are handed to the VM whole. Not asked for where the host has none to give. */
export function GpuChoice() {
  const { form, setForm, errorOf } = useDeploy();
  const { data, error } = useGpus(form.node);
  const gpus = data?.gpus ?? [];
  if (!error && gpus.length === 0 && form.gpuMode === 'none') return null;
  const unknown = form.gpus.filter((slot) => !gpus.some((gpu) => gpu.slot === slot));
  return (
    <Group title="GPUs" text="A GPU serves one VM at a time, whole, until that VM is off.">
      {error && <p className={classes.problem}>The host’s GPUs could not be read: {error.message}</p>}
      <NativeSelect
        aria-label="GPUs"
        error={errorOf('gpus')}
        value={form.gpuMode}
        data={[
          { value: 'none', label: 'None' },
          { value: 'listed', label: 'Those chosen below' },
          {
            value: 'all',
            label: data?.allow_attach_all
              ? 'All of NVIDIA, and their switches'
              : 'All (not allowed on this host)',
            disabled: !data?.allow_attach_all,
          },
        ]}
        onChange={({ currentTarget }) => setForm({ gpuMode: currentTarget.value as typeof form.gpuMode })}
      />
      {form.gpuMode === 'listed' && (
        <div className={classes.gpus}>
          {[
            ...gpus,
            ...unknown.map((slot) => ({ slot, description: 'not on this host', is_free: false })),
          ].map(({ slot, description, is_free }) => (
            <Checkbox
              key={slot}
              label={
                <>
                  <code>{slot}</code> {description}
                </>
              }
              description={
                is_free ? 'Free' : 'In use, or kept by the host: only for a VM that is started later'
              }
              checked={form.gpus.includes(slot)}
              onChange={({ currentTarget }) =>
                setForm({
                  gpus: currentTarget.checked
                    ? [...form.gpus, slot]
                    : form.gpus.filter((each) => each !== slot),
                })
              }
            />
          ))}
        </div>
      )}
    </Group>
  );
}
