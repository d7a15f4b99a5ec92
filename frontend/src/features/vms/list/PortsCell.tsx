import { ExternalLink } from 'lucide-react';
import type { VmRow } from '@/api/vm';
import { portLink } from '../portLink';
import classes from './PortsCell.module.css';

/** As many as fit in two lines; the rest is counted, and named on hover. */
const SHOWN = 2;

/** The ways into the VM: its address behind the gateway, and its ports on the host. */
export function PortsCell({ row }: { row: VmRow }) {
  const links = row.ports.map((port) => portLink(port, window.location.hostname));
  const shown = links.slice(0, links.length > SHOWN ? SHOWN - 1 : SHOWN);
  const rest = links.slice(shown.length);
  return (
    <div className={classes.ports} data-column="ports" role="cell">
      {row.app_url && (
        <a className={classes.app} href={row.app_url} target="_blank" rel="noreferrer" title={row.app_url}>
          <ExternalLink size={12} aria-hidden />
          Open app
        </a>
      )}
      {/* Nobody answers on the port of a VM that doesn't run. */}
      {shown.map(({ label, title, href }) =>
        href && row.status === 'running' ? (
          <a key={label} href={href} target="_blank" rel="noreferrer" title={title}>
            {label}
          </a>
        ) : (
          <span key={label} title={title}>
            {label}
          </span>
        ),
      )}
      {rest.length > 0 && <span title={rest.map((link) => link.title).join('\n')}>+{rest.length} more</span>}
    </div>
  );
}
