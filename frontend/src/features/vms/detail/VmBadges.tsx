import type { VmRow } from '@/api/vm';
import { useImages } from '@/live/useLive';
import { useVmInfo } from './useVmInfo';
import classes from './VmBadges.module.css';

/** What a person must never overlook about a VM: each is a promise of confidentiality that doesn't hold. */
export function VmBadges({ row }: { row: VmRow }) {
  const simulated = useVmInfo(row).data?.configuration?.simulated_tee;
  const isDev = useImages()?.find(({ name }) => name === row.image)?.is_dev ?? false;
  return (
    <>
      {row.no_tee && !simulated && (
        <Badge why="Runs without a trusted execution environment: the host can read its memory">no TEE</Badge>
      )}
      {simulated && (
        <Badge why={`For development: pretends to be ${simulated}. The host can read its memory`}>
          simulated TEE
        </Badge>
      )}
      {isDev && (
        <Badge why="A development image lets its owner log in to the guest: nothing in it is confidential">
          dev image
        </Badge>
      )}
    </>
  );
}

function Badge({ why, children }: { why: string; children: string }) {
  return (
    <span className={classes.badge} title={why}>
      {children}
      <span className="visually-hidden">: {why}</span>
    </span>
  );
}
