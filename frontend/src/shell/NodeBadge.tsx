import type { NodeInfo } from '@/api/vm';
import { useNode } from '@/live/useLive';
import classes from './NodeBadge.module.css';

const platforms: Record<NodeInfo['platform'], string> = {
  none: 'No TEE',
  tdx: 'Intel TDX',
  'amd-sev-snp': 'AMD SEV-SNP',
};

const accelerators: Record<NodeInfo['accelerator'], string> = { kvm: 'KVM', tcg: 'TCG emulation' };

/** Which host this is, what protects and runs its VMs, and the version of the server. */
export function NodeBadge() {
  const node = useNode();
  if (!node) return null;
  const release = node.rev ? `${node.version} · ${node.rev}` : node.version;
  return (
    <div className={classes.badge}>
      <span className={classes.name} title={`Node ${node.name}`}>
        {node.name}
      </span>
      <span className={classes.facts}>
        {platforms[node.platform]} · {accelerators[node.accelerator]}
      </span>
      <span className={classes.facts}>
        <span title={`Server version ${release}`}>v{node.version}</span> ·{' '}
        <a className={classes.docs} href="/api-docs/">
          API
        </a>
      </span>
    </div>
  );
}
