import { Link } from '@tanstack/react-router';
import { useAccount } from '@/api/account';
import { CopyButton } from '@/components/ui/CopyButton';
import { useImages } from '@/live/useLive';
import classes from './ByApi.module.css';
import { demoCommand, demoImage, demoRequest } from './demoRequest';

/** The same demo as a command, for those who would rather script it. */
export function ByApi() {
  const account = useAccount();
  const image = demoImage(useImages() ?? []) ?? { name: 'dstack-demo-0.5.0', supports: [] };
  const needsToken = account?.authentication ?? false;
  const command = demoCommand(window.location.origin, demoRequest(image, 8080), needsToken);
  return (
    <details className={classes.details}>
      <summary>Or by the API, from a shell</summary>
      <div className={classes.code}>
        <div className={classes.bar}>
          <span>Shell</span>
          <CopyButton text={command} label="Copy command" caption="Copy" />
        </div>
        <pre>{command}</pre>
      </div>
      <p>
        {needsToken && (
          <>
            <code>VMM_TOKEN</code> holds <Link to="/tokens">a token of yours</Link>.{' '}
          </>
        )}
        Port 8080 of the host then leads to the web server in the VM: <code>curl http://127.0.0.1:8080</code>.
        All methods are in <a href="/api-docs/">the API’s own pages</a>.
      </p>
    </details>
  );
}
