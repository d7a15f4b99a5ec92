import { Button } from '@mantine/core';
import { useState, type DragEvent } from 'react';
import { Editor } from '@/components/editor/Editor';
import { dockerComposeOf, kindOf, parseAppCompose, withFields } from '../../compose/appCompose';
import { useDeploy } from '../deployContext';
import { Group } from '../Group';
import { suggestedName } from '../ownCompose';
import { ChooseFile } from './ChooseFile';
import { Templates } from './Templates';
import classes from './ComposeEditor.module.css';

/** No file that describes an application is larger; the server takes 4 MiB. */
const MOST_BYTES = 4 << 20;
const HINT = 'services:\n  web:\n    image: nginx\n    ports:\n      - "80:80"\n';

/** The docker-compose file, or the whole app-compose file around it: written, pasted, dropped or chosen. */
export function ComposeEditor() {
  const { form, setForm, errorOf } = useDeploy();
  const [whole, setWhole] = useState(false);
  const [refused, setRefused] = useState('');
  const [over, setOver] = useState(false);
  const compose = parseAppCompose(form.compose);
  const yaml = compose ? dockerComposeOf(compose) : '';
  const problem = refused || errorOf('compose_file');

  const setYaml = (text: string) => {
    const next = withFields(form.compose, { docker_compose_file: text });
    const isNamed = form.name !== '' && form.name !== suggestedName(form.compose);
    setForm({ compose: next, ...(form.own && !isNamed && { name: suggestedName(next) }) });
  };

  const take = async (file: File) => {
    setRefused('');
    if (file.size > MOST_BYTES) {
      setRefused(`${file.name} has more than 4 MB: it is no compose file.`);
      return;
    }
    const text = await file.text();
    if (kindOf(text) === 'docker-compose') {
      setYaml(text);
      return;
    }
    const named = parseAppCompose(text)?.name;
    setForm({
      compose: text,
      own: false,
      ...(form.name === '' && typeof named === 'string' && { name: named }),
    });
    setWhole(true);
  };

  const dropped = (event: DragEvent) => {
    const file = event.dataTransfer.files[0];
    setOver(false);
    // Text that is dragged within the editor is the editor's own.
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    void take(file);
  };

  return (
    <Group
      title="What to run"
      text="A docker-compose file: the same as docker compose takes on any machine. Drop it here, choose it, or write it."
      actions={
        <div className={classes.actions}>
          <Button
            size="compact-sm"
            variant="default"
            aria-pressed={whole}
            disabled={whole && !compose}
            onClick={() => setWhole(!whole)}
          >
            {whole ? 'Show docker-compose.yml' : 'Show app-compose.json'}
          </Button>
          <ChooseFile
            label="Choose a file…"
            accept=".yml,.yaml,.json,.txt"
            onFile={(file) => void take(file)}
          />
        </div>
      }
    >
      {yaml === '' && form.own && <Templates />}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions -- dropping has its button above */}
      <div
        className={classes.drop}
        data-over={over || undefined}
        onDragOver={(event) => {
          if (!event.dataTransfer.types.includes('Files')) return;
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDropCapture={dropped}
      >
        {whole || !compose ? (
          <Editor
            language="json"
            label="app-compose.json"
            value={form.compose}
            onChange={(text) => setForm({ compose: text, own: false })}
            rows={14}
          />
        ) : (
          <Editor
            language="yaml"
            label="docker-compose.yml"
            value={yaml}
            onChange={setYaml}
            hint={HINT}
            rows={11}
          />
        )}
        {over && <div className={classes.over}>Drop the file here</div>}
      </div>
      {problem && (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
      {!form.own && (
        <p className={classes.note}>
          This app-compose file came whole. Its exact bytes are the application’s identity, so nothing in it
          is changed but what you change yourself; whatever that is, it makes another application of it.
        </p>
      )}
    </Group>
  );
}
