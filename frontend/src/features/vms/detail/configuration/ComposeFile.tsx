import { CopyButton } from '@/components/ui/CopyButton';
import { Editor } from '@/components/editor/Editor';
import { Section } from '@/components/ui/Section';
import { useComposeHash } from '../../compose/useComposeHash';
import classes from './Configuration.module.css';

interface Props {
  composeFile: string;
  name: string;
}

/** The app-compose file as the guest measures it, byte for byte. */
export function ComposeFile({ composeFile, name }: Props) {
  const hash = useComposeHash(composeFile);
  return (
    <Section
      title="Compose file"
      hint="app-compose.json. Its exact bytes are the app’s identity: a guest measures them."
      actions={<CopyButton text={composeFile} label={`Copy the compose file of ${name}`} caption="Copy" />}
    >
      <p className={classes.hash}>
        Compose hash <code>{hash ?? '…'}</code>
        {hash !== undefined && <CopyButton text={hash} label="Copy compose hash" />}
      </p>
      <Editor
        label="Compose file"
        language="json"
        value={composeFile}
        rows={Math.min(14, composeFile.split('\n').length)}
      />
    </Section>
  );
}
