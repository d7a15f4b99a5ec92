import { AccountMenu } from './AccountMenu';
import { Brand } from './Brand';
import { ColorSchemeMenu } from './ColorSchemeMenu';
import { ConnectionState } from './ConnectionState';
import { Navigation } from './Navigation';
import { NewVmLink } from './NewVmLink';
import { NodeBadge } from './NodeBadge';
import { SearchButton } from './SearchButton';
import classes from './SideBar.module.css';

/** The shell of a wide window: everything in a column at the left. */
export function SideBar({ onFind }: { onFind: () => void }) {
  return (
    <header className={classes.side}>
      <Brand />
      <div className={classes.tools}>
        <NewVmLink />
        <SearchButton onOpen={onFind} />
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
