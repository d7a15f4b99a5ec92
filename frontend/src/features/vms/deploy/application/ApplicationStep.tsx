import { TextInput, Textarea } from '@mantine/core';
import { useDeploy } from '../deployContext';
import { Advanced, Group } from '../Group';
import { AppOptions } from './AppOptions';
import { ComposeEditor } from './ComposeEditor';

/** What is to be run, and what it is called. */
export function ApplicationStep() {
  const { form, setForm, errorOf } = useDeploy();
  return (
    <>
      <ComposeEditor />
      <Group title="Name">
        <TextInput
          aria-label="Name"
          description="For you and others to find it by; it need not be unique."
          error={errorOf('name')}
          value={form.name}
          maxLength={128}
          autoComplete="off"
          placeholder="shop-api"
          onChange={({ currentTarget }) => setForm({ name: currentTarget.value })}
        />
      </Group>
      <Advanced title="Options of the application">
        <AppOptions />
      </Advanced>
      <Advanced title="App id and user data" open={Boolean(errorOf('app_id') ?? errorOf('user_config'))}>
        <TextInput
          label="App id"
          description="What the KMS and the gateway know the application by: 40 hex digits. Left empty, it is the beginning of the compose hash."
          error={errorOf('app_id')}
          value={form.appId}
          maxLength={42}
          autoComplete="off"
          spellCheck={false}
          onChange={({ currentTarget }) => setForm({ appId: currentTarget.value })}
        />
        <Textarea
          label="User data"
          description="Handed to the guest as it is, as a file. It is not encrypted and not part of the application’s identity."
          error={errorOf('user_config')}
          value={form.userConfig}
          rows={3}
          spellCheck={false}
          onChange={({ currentTarget }) => setForm({ userConfig: currentTarget.value })}
        />
      </Advanced>
    </>
  );
}
