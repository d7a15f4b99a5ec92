import { DataTable, type Column } from '@/components/table/DataTable';
import { Editor } from '@/components/editor/Editor';
import { Empty } from '@/components/ui/Empty';
import { Section } from '@/components/ui/Section';
import { parseAppCompose } from '../../compose/appCompose';
import { appFields, appTexts, type AppField } from './appFields';

const columns: readonly [Column<AppField>, ...Column<AppField>[]] = [
  { key: 'name', header: 'Setting', width: 'minmax(160px, 0.7fr)', cell: ({ name }) => <code>{name}</code> },
  { key: 'value', header: 'Value', width: 'minmax(140px, 0.9fr)', cell: ({ value }) => value || '–' },
  { key: 'meaning', header: 'What it means', width: 'minmax(240px, 1.6fr)', cell: ({ meaning }) => meaning },
];

/** What the compose file says, in words; it itself is shown below. */
export function Application({ composeFile }: { composeFile: string }) {
  const compose = parseAppCompose(composeFile);
  if (!compose) {
    return (
      <Section title="Application">
        <Empty title="The compose file can’t be read">
          It is no JSON object; below it is shown as it is.
        </Empty>
      </Section>
    );
  }
  return (
    <>
      <Section title="Application">
        <DataTable
          label="Settings of the application"
          columns={columns}
          rows={appFields(compose)}
          rowKey={({ name }) => name}
        />
      </Section>
      {appTexts(compose).map(({ title, text, language }) => (
        <Section key={title} title={title}>
          <Editor
            label={title}
            language={language}
            value={text}
            rows={Math.min(18, text.split('\n').length)}
          />
        </Section>
      ))}
    </>
  );
}
