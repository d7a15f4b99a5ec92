import type { ImageRow, Support } from '@/api/image';
import { StatusWord } from '@/components/ui/StatusWord';
import classes from './Table.module.css';

const supports: Record<Support, { label: string; title: string }> = {
  tdx: { label: 'TDX', title: 'Its VMs can run in Intel TDX and prove what they run' },
  'tdx-lite': { label: 'TDX lite', title: 'Verifiers need its measurements only, not the whole image' },
  'amd-sev-snp': { label: 'SEV-SNP', title: 'Its VMs can run in AMD SEV-SNP and prove what they run' },
};

/** What an image's VMs can run on, or that there can be none. */
export function RunsOn({ image }: { image: ImageRow }) {
  return (
    <div className={classes.runsOn} role="cell">
      <Words image={image} />
    </div>
  );
}

function Words({ image }: { image: ImageRow }) {
  if (image.deleting) return <StatusWord tone="blue">Deleting…</StatusWord>;
  if (image.problem) return <StatusWord tone="red">Unusable</StatusWord>;
  if (image.supports.length === 0) {
    return (
      <span
        className={classes.muted}
        title="It has no firmware or measurements that a confidential VM could be verified by"
      >
        VMs without a TEE
      </span>
    );
  }
  return image.supports.map((each) => (
    <span key={each} className={classes.badge} title={supports[each].title}>
      {supports[each].label}
    </span>
  ));
}
