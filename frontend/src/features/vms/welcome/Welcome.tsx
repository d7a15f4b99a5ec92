import { Link } from '@tanstack/react-router';
import { useAccount, useMay } from '@/api/account';
import type { NodeInfo } from '@/api/vm';
import { Findings } from '@/components/findings/Findings';
import { useNode } from '@/live/useLive';
import { ByApi } from './ByApi';
import { FirstSteps } from './FirstSteps';
import classes from './Welcome.module.css';

/** What a first visitor sees: what this is, what the host lacks, and the next thing to do. */
export function Welcome() {
  const node = useNode();
  const account = useAccount();
  const may = useMay();
  if (!node || !account) return null;
  const creates = may('CREATE_VM');
  return (
    <div className={classes.scroll}>
      <div className={classes.column}>
        <section aria-labelledby="welcome-title">
          <h2 id="welcome-title" className={classes.title}>
            {may('SEE_NODE') ? 'No virtual machines yet' : 'You have no virtual machines yet'}
          </h2>
          <p>
            This host runs docker-compose applications, each in a virtual machine (VM) of its own.{' '}
            {protection[node.platform]} VMs run on when you close this page, and when the server is restarted.
          </p>
        </section>
        {creates ? <FirstSteps node={node} /> : <OnlyLooking role={account.role} />}
        <HostLacks node={node} />
        {creates && <ByApi />}
      </div>
    </div>
  );
}

const PROOF = 'the host can’t read its memory, and it can prove to others what it runs.';

const protection: Record<NodeInfo['platform'], string> = {
  tdx: `Intel TDX makes such a VM confidential: ${PROOF}`,
  'amd-sev-snp': `AMD SEV-SNP makes such a VM confidential: ${PROOF}`,
  none:
    'Where the CPU has Intel TDX or AMD SEV-SNP, a VM is confidential, closed to the host itself; this host has ' +
    'neither, so its VMs are ordinary ones, good for trying things out.',
};

function OnlyLooking({ role }: { role: string }) {
  return (
    <p className={classes.quiet}>
      As {role} you {role === 'operator' ? 'start, stop and watch' : 'watch'} VMs here; they are created by
      members and admins. As soon as there is one, it appears on this page by itself.
    </p>
  );
}

/** What is in the way of something; what is only worth knowing is on the host's own page. */
function HostLacks({ node }: { node: NodeInfo }) {
  const serious = node.findings.filter(({ level }) => level === 'problem' || level === 'warning');
  const notes = node.findings.length - serious.length;
  if (node.findings.length === 0) return null;
  return (
    <section aria-labelledby="host-lacks">
      <h2 id="host-lacks" className={classes.subtitle}>
        {serious.length > 0 ? 'What this host lacks' : 'This host is ready'}
      </h2>
      {serious.length > 0 && <Findings findings={serious} />}
      {notes > 0 && (
        <p className={classes.quiet}>
          {serious.length > 0 ? 'Further things' : 'Some things'} that are worth knowing are on{' '}
          <Link to="/host">the host’s page</Link>.
        </p>
      )}
    </section>
  );
}
