import { CopyButton } from '@/components/ui/CopyButton';
import { exampleCommand } from './exampleRequest';
import classes from './EmptyHost.module.css';

/** What a first visitor sees: what this is, and the one thing to do next. */
export function EmptyHost() {
  const command = exampleCommand(window.location.origin);
  return (
    <div className={classes.scroll}>
      <section className={classes.empty} aria-labelledby="empty-title">
        <h2 id="empty-title">No virtual machines yet</h2>
        <p>
          This host runs docker-compose applications, each in a confidential VM of its own. Every VM will be
          listed here and stay up to date while you watch.
        </p>
        <h3>Create the first one</h3>
        <p>Run this in a terminal on the host. The VM appears here at once and boots in a few seconds.</p>
        <div className={classes.code}>
          <div className={classes.bar}>
            <span>Shell</span>
            <CopyButton text={command} label="Copy command" caption="Copy" />
          </div>
          <pre>{command}</pre>
        </div>
        <p className={classes.then}>
          Then open <code>http://127.0.0.1:8080</code> on the host: port 8080 leads to the web server in the
          VM.
        </p>
      </section>
    </div>
  );
}
