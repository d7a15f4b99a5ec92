import type { VmRow } from '@/api/vm';
import { OutLink } from '@/components/ui/OutLink';
import { portLink } from '../portLink';
import classes from './PortLinks.module.css';

/** The ports of the host that lead into the VM; those that a browser can open, while there is somebody to answer. */
export function PortLinks({ row }: { row: VmRow }) {
  return (
    <ul className={classes.ports}>
      {row.ports.map((port) => {
        const { label, title, href } = portLink(port, window.location.hostname);
        return (
          <li key={`${port.protocol} ${port.host_address} ${port.host_port}`}>
            {href && row.status === 'running' ? (
              <OutLink url={href} title={title}>
                {label}
              </OutLink>
            ) : (
              <span title={title}>{label}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
