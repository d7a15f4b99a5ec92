import { formatDisk, formatMemory } from '@/lib/size';
import { useDeploy } from '../deployContext';
import classes from './Machine.module.css';

const presets = [
  { name: 'Small', vcpu: 1, memory: 1_024, disk: 10 },
  { name: 'Medium', vcpu: 2, memory: 4_096, disk: 20 },
  { name: 'Large', vcpu: 4, memory: 16_384, disk: 80 },
  { name: 'Extra large', vcpu: 16, memory: 65_536, disk: 400 },
] as const;

/** Sizes to take as they are; what the host never gives is said. */
export function SizePresets() {
  const { form, setForm, host } = useDeploy();
  const { max_vcpu, max_memory_mb } = host.node;
  return (
    <>
      <div className={classes.presets} role="group" aria-label="Sizes">
        {presets.map(({ name, vcpu, memory, disk }) => {
          const tooLarge = vcpu > (max_vcpu ?? Infinity) || memory > (max_memory_mb ?? Infinity);
          return (
            <button
              key={name}
              type="button"
              className={classes.preset}
              aria-pressed={form.vcpu === vcpu && form.memory === memory && form.disk === disk}
              disabled={tooLarge}
              onClick={() => setForm({ vcpu, memory, disk })}
            >
              <strong>{name}</strong>
              <span>
                {vcpu} vCPU · {formatMemory(memory)} · {formatDisk(disk)}
              </span>
              {tooLarge && <span>More than this host gives</span>}
            </button>
          );
        })}
      </div>
      {(max_vcpu !== null || max_memory_mb !== null) && (
        <p className={classes.hint}>
          All running VMs of this host together get at most{' '}
          {[
            max_vcpu !== null && `${max_vcpu} vCPUs`,
            max_memory_mb !== null && `${formatMemory(max_memory_mb)} of memory`,
          ]
            .filter(Boolean)
            .join(' and ')}
          .
        </p>
      )}
    </>
  );
}
