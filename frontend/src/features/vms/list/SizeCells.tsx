import { useEffect, useState } from 'react';
import type { VmRow } from '@/api/vm';
import { formatBytes, formatDisk, formatMemory } from '@/lib/size';
import { latest } from '@/live/series';
import { useFigures } from '@/live/useFigures';
import classes from './VmRow.module.css';

/** Rows that are scrolled past are not worth asking about. */
const LOOKED_AT_MS = 400;

/** What the VM has, and below it what it uses of that, for as long as its row is looked at. */
export function SizeCells({ row }: { row: VmRow }) {
  const lookedAt = useLookedAt();
  const series = useFigures(lookedAt && row.actual === 'on' ? row.id : null);
  const share = latest(series, 'cpu_share');
  const memory = latest(series, 'memory');
  return (
    <div className={classes.sizes} role="presentation">
      <div className={classes.size} data-of="vcpu" data-column="vcpu" role="cell">
        {row.vcpu}
        {share !== null && (
          <span className={classes.use} title="Share of its vCPUs in use">
            {Math.round(share * 100)} %
          </span>
        )}
      </div>
      <div className={classes.size} data-of="memory" data-column="memory" role="cell">
        {formatMemory(row.memory)}
        {memory !== null && (
          <span className={classes.use} title="Memory of the host in use">
            {formatBytes(memory)}
          </span>
        )}
      </div>
      <div className={classes.size} data-of="disk" data-column="disk" role="cell">
        {formatDisk(row.disk_size)}
      </div>
    </div>
  );
}

function useLookedAt(): boolean {
  const [lookedAt, setLookedAt] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLookedAt(true), LOOKED_AT_MS);
    return () => clearTimeout(timer);
  }, []);
  return lookedAt;
}
