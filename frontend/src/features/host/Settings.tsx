import { Checkbox, TextInput } from '@mantine/core';
import { Search } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import type { HostSetting } from '@/api/host';
import { DataTable, type Column } from '@/components/table/DataTable';
import { Empty } from '@/components/ui/Empty';
import { Prose } from '@/components/ui/Prose';
import { Section } from '@/components/ui/Section';
import { matchingSettings } from './matchingSettings';
import classes from './Settings.module.css';

const columns: readonly [Column<HostSetting>, ...Column<HostSetting>[]] = [
  {
    key: 'key',
    header: 'Setting',
    width: 'minmax(220px, 1fr)',
    cell: ({ key }) => <code className={classes.code}>{key}</code>,
  },
  {
    key: 'value',
    header: 'Value',
    width: 'minmax(160px, 1fr)',
    cell: ({ value, is_default }) => (
      <>
        {value === '' ? (
          <span className={classes.quiet}>empty</span>
        ) : (
          <code className={classes.code}>{value}</code>
        )}
        {!is_default && <span className={classes.set}>set</span>}
      </>
    ),
  },
  {
    key: 'help',
    header: 'What it means',
    width: 'minmax(260px, 2fr)',
    cell: ({ help }) => (
      <span className={classes.help}>
        <Prose text={help} />
      </span>
    ),
  },
];

/** What the server goes by, from its settings file, its environment and its own defaults. */
export function Settings({ settings }: { settings: readonly HostSetting[] }) {
  const [text, setText] = useState('');
  const [onlySet, setOnlySet] = useState(false);
  const shown = matchingSettings(settings, useDeferredValue(text), onlySet);
  const set = settings.filter(({ is_default }) => !is_default).length;
  return (
    <Section
      title="Settings in effect"
      hint={`${set} of ${settings.length} are set; the others are as they come`}
    >
      <div className={classes.bar}>
        <TextInput
          className={classes.search}
          type="search"
          aria-label="Search settings"
          placeholder="Search by name, value or meaning"
          leftSection={<Search size={15} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Checkbox
          label="Only those that are set"
          checked={onlySet}
          onChange={(event) => setOnlySet(event.currentTarget.checked)}
        />
      </div>
      {shown.length > 0 ? (
        <DataTable label="Settings in effect" columns={columns} rows={shown} rowKey={({ key }) => key} />
      ) : (
        <Empty title="No setting is like that">
          Search for a part of its name, such as <code>cvm.max</code>, or of what it means.
        </Empty>
      )}
    </Section>
  );
}
