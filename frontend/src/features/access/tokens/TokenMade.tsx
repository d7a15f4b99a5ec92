import { Button } from '@mantine/core';
import { CopyButton } from '@/components/ui/CopyButton';
import { Dialog } from '@/components/ui/Dialog';
import { exampleCall } from './example';
import type { MadeToken } from './NewToken';
import classes from './Tokens.module.css';

/** The token itself, this once, and a call to try it with. */
export function TokenMade({ made, onClose }: { made: MadeToken; onClose: () => void }) {
  const example = exampleCall(window.location.origin, made.token, made.scopes);
  return (
    <Dialog
      title={`Token “${made.name}”`}
      wide
      onClose={onClose}
      footer={<Button onClick={onClose}>I have kept it</Button>}
    >
      <p>
        <strong>Copy it now: it isn’t shown again.</strong> The server keeps only a digest of it. Whoever has
        it can do what it may; keep it like a password.
      </p>
      <div className={classes.secret}>
        <div className={classes.captionBar}>
          <span>Token</span>
          <CopyButton text={made.token} label="Copy token" caption="Copy" />
        </div>
        <pre data-testid="token">{made.token}</pre>
      </div>
      <div className={classes.example}>
        <div className={classes.captionBar}>
          <span>Try it in a shell</span>
          <CopyButton text={example} label="Copy example" caption="Copy" />
        </div>
        <pre>{example}</pre>
      </div>
    </Dialog>
  );
}
