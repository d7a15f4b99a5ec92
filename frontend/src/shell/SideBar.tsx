import { AccountMenu } from './AccountMenu';
import { Brand } from './Brand';
import { ColorSchemeMenu } from './ColorSchemeMenu';
import { ConnectionState } from './ConnectionState';
import { Navigation } from './Navigation';
import { NewVmLink } from './NewVmLink';
import { NodeBadge } from './NodeBadge';
import classes from './SideBar.module.css';

/** The shell of a wide window: everything in a column at the left. */
export function SideBar() {
  return (
    <header className={classes.side}>
      <Brand />
      <div className={classes.tools}>
        <NewVmLink />
      </div>
      <div className={classes.pages}>
        <Navigation />
      </div>
      <div className={classes.foot}>
        <NodeBadge />
        <div className={classes.line}>
          <ConnectionState />
          <span className={classes.menus}>
            <ColorSchemeMenu />
            <AccountMenu />
          </span>
        </div>
      </div>
    </header>
  );
}
