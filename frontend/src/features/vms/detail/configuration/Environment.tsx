import type { Message } from '@/api/methods';
import { Editor } from '@/components/editor/Editor';
import { Facts } from '@/components/ui/Facts';
import { Section } from '@/components/ui/Section';
import { formatBytes } from '@/lib/size';
import { allowedEnvs, parseAppCompose } from '../../compose/appCompose';

/** What the guest is handed besides the compose file. */
export function Environment({ configuration }: { configuration: Message<'VmConfiguration'> }) {
  const { compose_file, encrypted_env, user_config } = configuration;
  const names = allowedEnvs(parseAppCompose(compose_file) ?? {});
  // Hex: two digits a byte.
  const bytes = encrypted_env.length / 2;
  return (
    <>
      <Section
        title="Environment"
        hint="Encrypted for the guest: nobody on this host can read it, this page included."
      >
        <Facts
          facts={[
            {
              term: 'Encrypted variables',
              value: bytes > 0 ? `${formatBytes(bytes)}, encrypted` : 'None were given',
            },
            {
              term: 'Names that the app takes',
              value: names.length > 0 ? names.join(', ') : undefined,
              mono: true,
            },
          ]}
        />
      </Section>
      {user_config !== '' && (
        <Section
          title="User configuration"
          hint="Handed to the guest as it is. Not encrypted, and not measured."
        >
          <Editor
            label="User configuration"
            language="text"
            value={user_config}
            rows={Math.min(12, user_config.split('\n').length)}
          />
        </Section>
      )}
    </>
  );
}
