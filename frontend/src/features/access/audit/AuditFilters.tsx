import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useUsers } from '@/api/access';
import { useVms } from '@/live/useLive';
import { isFiltered, outcomes, periods, type AuditSearch } from './auditFilter';
import classes from './Audit.module.css';

/** Typing settles before the address and the entries follow. */
const SETTLED_MS = 300;
/** Names offered while typing; a browser shows no more of them well. */
const OFFERED = 200;

const actions = [
  'prpc.',
  'prpc.CreateVm',
  'prpc.UpdateVm',
  'prpc.StopVm',
  'prpc.RemoveVm',
  'access.',
  'login',
  'logout',
  'console',
  'logs',
  'command.',
  'ws/',
];

interface Props {
  search: AuditSearch;
  onSearch: (search: AuditSearch) => void;
}

/** Who, what, on which VM, how it ended, and when; all of it is in the address. */
export function AuditFilters({ search, onSearch }: Props) {
  const { data: users = [] } = useUsers();
  const vms = useVms();
  const names = [...new Set([...(vms?.values() ?? [])].map(({ name }) => name))].slice(0, OFFERED);
  const set = (change: AuditSearch) => onSearch({ ...search, ...change });
  return (
    <search className={classes.filters} aria-label="Filter the audit log">
      <Typed
        label="Who"
        placeholder="anybody"
        value={search.who ?? ''}
        offered={users.map(({ name }) => name)}
        onValue={(who) => set({ who })}
      />
      <Typed
        label="Action"
        placeholder="its beginning"
        value={search.action ?? ''}
        offered={actions}
        onValue={(action) => set({ action })}
      />
      <Typed
        label="VM"
        placeholder="name or id"
        value={search.vm ?? ''}
        offered={names}
        onValue={(vm) => set({ vm })}
      />
      <NativeSelect
        label="Outcome"
        value={search.result ?? ''}
        onChange={(event) => set({ result: event.currentTarget.value })}
        data={outcomes.map(({ value, label }) => ({ value, label }))}
      />
      <NativeSelect
        label="When"
        value={search.period ?? ''}
        onChange={(event) => set({ period: event.currentTarget.value })}
        data={periods.map(({ value, label }) => ({ value, label }))}
      />
      {search.period === 'between' && (
        <>
          <TextInput
            label="From"
            type="datetime-local"
            value={search.from ?? ''}
            onChange={(event) => set({ from: event.currentTarget.value })}
          />
          <TextInput
            label="Until"
            type="datetime-local"
            value={search.to ?? ''}
            onChange={(event) => set({ to: event.currentTarget.value })}
          />
        </>
      )}
      {isFiltered(search) && (
        <Button variant="subtle" className={classes.clear ?? ''} onClick={() => onSearch({})}>
          Clear
        </Button>
      )}
    </search>
  );
}

interface TypedProps {
  label: string;
  placeholder: string;
  value: string;
  offered: readonly string[];
  onValue: (value: string) => void;
}

/** A field whose text is used once typing pauses, and follows when it is changed elsewhere. */
function Typed({ label, placeholder, value, offered, onValue }: TypedProps) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    setSeen(value);
    setText(value);
  }
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onValue(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text, value, onValue]);
  const list = `audit-${label.toLowerCase()}`;
  return (
    <>
      <TextInput
        label={label}
        placeholder={placeholder}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        list={list}
        maxLength={200}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <datalist id={list}>
        {offered.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </>
  );
}
